"""What the books hold of one payment; taking some of it back, and giving it again (rules B-12, B-13).

The caller has the attempt's row locked, so nobody else takes of the same payment meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from portal.core import clock, db
from portal.core.errors import NotAllowedNow
from portal.core.money import Money, total
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.ledger.actions import Source
from portal.ledger.models import Transfer
from portal.payments import queries
from portal.payments.models import CardDispute, PaymentAttempt, Refund

# What a posting comes from, and so its kind: a refund takes back, leaves, comes back, is undone.
REFUND, REFUND_SENT, REFUND_BACK, REFUND_UNDONE = "refund", "refund_sent", "refund_back", "refund_undone"
DISPUTE, DISPUTE_LOST, BOUNCED = "card_dispute", "card_dispute_lost", "payment_bounced"
RECALLED = "credit_recalled"  # a kind: credit of this payment had been used on a document, and is taken from there


@dataclass(slots=True)
class Held:
    """What of a payment is still in the books, in minor units: on which due items, and as unallocated credit."""

    items: dict[int, int] = field(default_factory=dict)
    credit: int = 0

    @property
    def total(self) -> int:
        return sum(self.items.values()) + self.credit


def captured(attempt: PaymentAttempt) -> Money:
    """All that came in with this payment."""
    return total([one.amount for one in queries.booked(attempt)], attempt.currency)


def day(attempt: PaymentAttempt, at: datetime | None = None) -> date:
    """The value date of something that happened `at` (by default now), where the creditor is."""
    return clock.day_of(at or clock.now(), creditors.by_id(attempt.creditor_id).time_zone)


def held(attempt: PaymentAttempt) -> Held:
    """What of this payment nobody has taken back yet."""
    found = Held()
    for one in _postings(attempt.id):
        amount = one.amount_minor
        if one.kind == RECALLED:
            found.credit -= amount
        elif accounts.RECEIVABLE in {one.debit, one.credit} and one.receivable_id is not None:
            signed = amount if one.credit == accounts.RECEIVABLE else -amount
            found.items[one.receivable_id] = found.items.get(one.receivable_id, 0) + signed
        elif accounts.UNALLOCATED in {one.debit, one.credit}:
            found.credit += amount if one.credit == accounts.UNALLOCATED else -amount
    found.items = {item_id: minor for item_id, minor in found.items.items() if minor > 0}
    return found


def _postings(attempt_id: int) -> list[Transfer]:
    kind, source_id = Transfer.source_kind, Transfer.source_id
    refunds = select(Refund.id).where(Refund.attempt_id == attempt_id)
    disputes = select(CardDispute.id).where(CardDispute.attempt_id == attempt_id)
    own = or_(
        and_(kind.in_((queries.SOURCE, BOUNCED)), source_id == attempt_id),
        and_(kind.in_((REFUND, REFUND_UNDONE)), source_id.in_(refunds)),
        and_(kind == DISPUTE_LOST, source_id.in_(disputes)),
    )
    return list(db.session().scalars(select(Transfer).where(own).order_by(Transfer.id)))


def free_credit(attempt: PaymentAttempt, of: Held) -> int:
    """What of the payment's own credit has not been used on other documents meanwhile."""
    left = {one.currency: one.minor for one in ledger_queries.unallocated(attempt.debtor_id)}
    return max(0, min(of.credit, left.get(attempt.currency, 0)))


def is_short(attempt: PaymentAttempt, amount: Money) -> bool:
    """Whether the books cannot give so much of this payment without touching what other payments settled."""
    found = held(attempt)
    return amount.minor > sum(found.items.values()) + free_credit(attempt, found)


def take_back(
    attempt: PaymentAttempt, amount: Money, *, into: str, source: Source, value_on: date, forced: bool = False
) -> tuple[int, ...]:
    """Moves `amount` of what this payment settled to the account `into`: its free credit first, then its due
    items, the last settled first. Other payments of the same items stay. Returns the due items that reopened.

    `forced`: the provider has decided, so what cannot be found here is recalled from documents that its credit
    was used on; else NotAllowedNow.
    """
    found = held(attempt)
    taken = _shares(found, free_credit(attempt, found), amount.minor)
    left = amount.minor - sum(taken.values())
    if left and not forced:
        raise NotAllowedNow(t("Part of this money has been used for another document. Please undo that first."))
    place = ledger_queries.postings_of(source)
    from_credit = taken.pop(None, 0)
    if from_credit:
        part = Money(from_credit, amount.currency)
        ledger.move(attempt.debtor_id, part, debit=accounts.UNALLOCATED, credit=into, kind=source.kind,
                    source=source, value_on=value_on, position=place)  # fmt: skip
        place += 1
    reopened = {item_id: minor for item_id, minor in taken.items() if item_id is not None}
    _reopen(reopened, amount.currency, into=into, kind=source.kind, source=source, value_on=value_on, place=place)
    place += len(reopened)
    recalled = _recallable(attempt, left) if left else {}
    _reopen(recalled, amount.currency, into=into, kind=RECALLED, source=source, value_on=value_on, place=place)
    lost = left - sum(recalled.values())
    if lost and into != accounts.WITHHELD:  # nobody here has it: it stays visible until a person sees to it
        ledger.move(attempt.debtor_id, Money(lost, amount.currency), debit=accounts.WITHHELD, credit=into,
                    kind=source.kind, source=source, value_on=value_on, position=place + len(recalled))  # fmt: skip
    return tuple(sorted({*reopened, *recalled}))


def _shares(found: Held, free: int, wanted: int) -> dict[int | None, int]:
    """How much of `wanted` comes from the credit (None) and from each due item."""
    shares: dict[int | None, int] = {}
    for item_id, minor in ((None, free), *reversed(found.items.items())):
        part = min(wanted, minor)
        if part > 0:
            shares[item_id] = part
            wanted -= part
    return shares


def _recallable(attempt: PaymentAttempt, wanted: int) -> dict[int, int]:
    """Due items that the debtor's credit was used on, the last first, and how much of each may be recalled."""
    used = select(Transfer.receivable_id, func.sum(Transfer.amount_minor), func.max(Transfer.id)).where(
        Transfer.debtor_id == attempt.debtor_id,
        Transfer.currency == attempt.currency,
        Transfer.receivable_id.is_not(None),
    )
    by_item = used.group_by(Transfer.receivable_id)
    settled = db.session().execute(by_item.where(Transfer.debit == accounts.UNALLOCATED)).all()
    recalled = db.session().execute(by_item.where(Transfer.kind == RECALLED)).all()
    before = {int(item_id or 0): int(minor) for item_id, minor, _ in recalled}
    found: dict[int, int] = {}
    for row in sorted(settled, key=lambda row: row[2], reverse=True):
        item_id = int(row[0] or 0)
        part = min(wanted, int(row[1]) - before.get(item_id, 0))
        if part > 0:
            found[item_id] = part
            wanted -= part
    return found


def _reopen(
    shares: dict[int, int], currency: str, *, into: str, kind: str, source: Source, value_on: date, place: int
) -> None:
    items = {item.item_id: item for item in invoice_queries.items(list(shares))} if shares else {}
    for offset, item_id in enumerate(sorted(shares)):  # one order for all: no two wait for each other
        invoices.reopen_item(items[item_id], Money(shares[item_id], currency), account=into, kind=kind,
                             source=source, value_on=value_on, position=place + offset)  # fmt: skip


def give_again(attempt: PaymentAttempt, refund_id: int, value_on: date) -> tuple[int, ...]:
    """A refund that did not happen: what it took settles its due items once more, else is credit again.

    Whatever has been paid on an item meanwhile stays; what is then too much becomes the debtor's credit.
    """
    undone = Source(REFUND_UNDONE, refund_id)
    taken = _of(Source(REFUND, refund_id))
    left = sum(one.amount_minor for one in taken) - sum(one.amount_minor for one in _of(undone))
    place = ledger_queries.postings_of(undone)
    items = {one.item_id: one for one in invoice_queries.items([o.receivable_id for o in taken if o.receivable_id])}
    for one in taken:
        part = Money(min(left, one.amount_minor), attempt.currency)
        if not part:
            continue
        item = items.get(one.receivable_id) if one.receivable_id is not None else None
        if item is None:
            ledger.move(attempt.debtor_id, part, debit=accounts.REFUNDS, credit=accounts.UNALLOCATED,
                        kind=REFUND_UNDONE, source=undone, value_on=value_on, position=place)  # fmt: skip
        else:
            invoices.settle_item(item, part, account=accounts.REFUNDS, kind=REFUND_UNDONE, source=undone,
                                 value_on=value_on, position=place)  # fmt: skip
        left, place = left - part.minor, place + 2
    return tuple(sorted(items))


def _of(source: Source) -> list[Transfer]:
    wanted = and_(Transfer.source_kind == source.kind, Transfer.source_id == source.id)
    return list(db.session().scalars(select(Transfer).where(wanted).order_by(Transfer.position)))


def balance(account: str, sources: Iterable[Source]) -> int:
    """What these sources left on one account: debits less credits, in minor units."""
    return sum(
        one.amount_minor * ((one.debit == account) - (one.credit == account))
        for source in sources
        for one in _of(source)
    )
