"""Whether documents have come to nought, by what, and when: what a settlement letter (quietanza) may say."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.account_papers.statements import Due, Entry
from portal.core import ids
from portal.core.money import Money
from portal.ledger import accounts
from portal.ledger.rules import COSTS, INTEREST

# Where what settles a document may come from: money (also when it was on its way back and stayed after all), or
# credit that was money or a credit note before.
PAYING = accounts.MONEY_IN | {
    accounts.UNALLOCATED,
    accounts.CREDIT_NOTES,
    accounts.CREDIT_AHEAD,
    accounts.REFUNDS,
    accounts.WITHHELD,
}


@dataclass(frozen=True, slots=True)
class SettledDocument:
    """An invoice on which nothing is open. `received` + `credited` = `amount` + `extra` (interest and costs)."""

    invoice_id: int
    number: str
    issued_on: date
    settled_on: date
    amount: Money
    extra: Money
    received: Money
    credited: Money


@dataclass(frozen=True, slots=True)
class Settlement:
    """Documents that are settled in full, the day on which the last came to nought, a number that stays the same."""

    number: str
    settled_on: date
    documents: tuple[SettledDocument, ...]

    def sums(self) -> dict[str, tuple[Money, Money]]:
        """What was received and what was credited, by currency, euro first."""
        found: dict[str, tuple[Money, Money]] = {}
        for one in sorted(self.documents, key=lambda one: (one.amount.currency != "EUR", one.amount.currency)):
            nought = Money(0, one.amount.currency)
            received, credited = found.get(one.amount.currency, (nought, nought))
            found[one.amount.currency] = (received + one.received, credited + one.credited)
        return found


@dataclass(slots=True)
class _Sums:
    amount: int = 0
    extra: int = 0
    received: int = 0
    credited: int = 0
    other: int = 0
    last_on: date = date.min
    last_id: int = 0
    currency: str = ""


def settlement(dues: Sequence[Due], entries: Iterable[Entry]) -> Settlement | None:
    """What these due items came to, or None unless each is at nought by money that arrived or credit notes.

    Withdrawn ones are left out: nothing was paid for them, and nothing is asked. What was settled in any other
    way than by money or credit is not "paid in full", and there is no letter for it.
    """
    asked = [due for due in dues if due.withdrawn_on is None]
    sums = _sums({due.item_id: due for due in asked}, entries)
    if not asked or len(sums) != len({due.invoice_id for due in asked}):
        return None
    if any(one.other or one.amount + one.extra != one.received + one.credited for one in sums.values()):
        return None
    first = {due.invoice_id: due for due in asked}
    documents = sorted(
        (_document(first[invoice_id], one) for invoice_id, one in sums.items()),
        key=lambda one: (one.issued_on, one.invoice_id),
    )
    last = max(one.last_id for one in sums.values())
    return Settlement(_number(asked, last, documents), max(one.settled_on for one in documents), tuple(documents))


def _sums(asked: dict[int, Due], entries: Iterable[Entry]) -> dict[int, _Sums]:
    """By invoice."""
    found: dict[int, _Sums] = {}
    for entry in entries:
        if entry.item_id not in asked or not entry.owed:
            continue
        one = found.setdefault(asked[entry.item_id].invoice_id, _Sums(currency=entry.amount.currency))
        one.last_id = max(one.last_id, entry.id)
        if entry.kind not in {INTEREST, COSTS}:  # counted afterwards, for days before
            one.last_on = max(one.last_on, entry.on)
        other_side = entry.debit if entry.owed < 0 else entry.credit
        if entry.is_charge:
            one.amount += entry.owed
        elif entry.extra:
            one.extra += entry.owed
        elif other_side == accounts.CREDIT_NOTES or entry.kind == "credit_note":
            one.credited -= entry.owed
        elif other_side in PAYING or entry.owed > 0:  # what went back lowers what was received
            one.received -= entry.owed
        else:
            one.other -= entry.owed
    return found


def _document(due: Due, sums: _Sums) -> SettledDocument:
    amounts = (Money(minor, sums.currency) for minor in (sums.amount, sums.extra, sums.received, sums.credited))
    return SettledDocument(due.invoice_id, due.number, due.issued_on, sums.last_on, *amounts)


def _number(dues: Iterable[Due], last_id: int, documents: Sequence[SettledDocument]) -> str:
    """The day and eight letters, from the due items and the last line booked on them: no row keeps it."""
    named = ",".join(map(str, sorted(due.item_id for due in dues)))
    digest = hashlib.sha256(f"{named}:{last_id}".encode()).digest()
    letters = ids.spell(int.from_bytes(digest[:8]) >> 1)[-8:].upper()
    return f"{max(one.settled_on for one in documents):%Y%m%d}-{letters}"
