"""A credit that the portal books before the credit note of the creditor's system comes, and how that takes its place.

Until the note has come the credit stands on an account of its own (`accounts.CREDIT_AHEAD`), with an origin of its
own. The note is booked against that account first, so that of the two only one ever lowers what is open; nothing is
taken back, so nothing that was settled opens again. What a person decides about it is `portal.invoices.covering`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.core import clock, db, events, ids
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.invoices import actions, queries
from portal.invoices import events as happened
from portal.invoices.models import CreditAhead, CreditCover, Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.ledger.sources import Source

AHEAD, NOTE, COVER = "credit_ahead", "credit_note", "credit_cover"
COVERED = "credit_covered"  # a kind: the note has taken the place of the credit

# Who waits for credit notes: told of each one that names an invoice, before it is booked, and how much of it covers
# no credit ahead. Filled in portal.reactions.
note_came: list[Callable[[int, Money], None]] = []


@dataclass(frozen=True, slots=True)
class Booked:
    """What a credit did: `applied` lowered what was open, `kept` is the customer's credit."""

    applied: Money
    kept: Money


def origin_of(dispute_id: int) -> Source:
    """Whose money a credit ahead of its note is, in the books."""
    return Source(AHEAD, dispute_id)


def take_turns(debtor_id: int) -> None:
    """Credit notes and credits ahead of one customer wait for each other: neither is booked unseen by the other."""
    mine = select(Debtor.id).where(Debtor.id == debtor_id).with_for_update(key_share=True)
    db.session().execute(mine).all()


def credit_ahead(invoice: Invoice, dispute_id: int, amount: Money, value_on: date) -> CreditAhead:
    """Lowers the invoice's due items by `amount`, earliest first; what is beyond them is the debtor's credit.

    Raises ledger.AlreadyPosted where this dispute was credited before.
    """
    source, left = origin_of(dispute_id), amount
    one = CreditAhead(
        id=ids.new_id(),
        debtor_id=invoice.debtor_id,
        invoice_id=invoice.id,
        dispute_id=dispute_id,
        amount_minor=amount.minor,
        covered_minor=0,
        currency=amount.currency,
        booked_at=clock.now(),
    )
    db.session().add(one)
    for place, item in enumerate(queries.items_of_debtor(invoice.debtor_id, invoice.id), start=1):
        part = min(left, item.open)
        if part:
            settled = actions.settle_item(item, part, account=accounts.CREDIT_AHEAD, kind="credit_note",
                                          source=source, value_on=value_on, position=place)  # fmt: skip
            left = left - settled.applied
    if left:
        ledger.keep_as_credit(invoice.debtor_id, left, account=accounts.CREDIT_AHEAD, kind="credit_note",
                              source=source, value_on=value_on)  # fmt: skip
    db.session().flush()
    events.record(
        happened.CreditAheadBooked(
            invoice_id=invoice.id,
            debtor_id=invoice.debtor_id,
            dispute_id=dispute_id,
            applied_minor=(amount - left).minor,
            unallocated_minor=left.minor,
            currency=amount.currency,
        )
    )
    return one


def cover(note: Invoice, invoice_id: int | None) -> Money:
    """Books as much of a note that has just come against credits ahead as they wait for; how much that was.

    `invoice_id` is the invoice that it corrects. One that names none takes the place of what waits for this customer,
    of the same amount first: so nothing is credited twice, and a person can say otherwise (covering.not_for_it).
    """
    left, source = note.credited, Source(NOTE, note.id)
    for one in waiting(note.debtor_id, note.currency, invoice_id, first=left):
        part = min(left, one.waits)
        if not part:
            break
        ledger.move(
            note.debtor_id,
            part,
            debit=accounts.CREDIT_NOTES,
            credit=accounts.CREDIT_AHEAD,
            kind=COVERED,
            source=source,
            value_on=note.issued_on,
            position=next_place(source),
        )
        keep_cover(one, note, part)
        left = left - part
    return note.credited - left


def next_place(source: Source) -> int:
    """The next position of a credit note's lines; what is kept as credit stands at nought."""
    return max(1, ledger_queries.next_place(source))


def waiting(debtor_id: int, currency: str, invoice_id: int | None, *, first: Money) -> list[CreditAhead]:
    """Credits that wait for their note, locked: those of `first` before others, then the oldest."""
    ahead = select(CreditAhead).where(
        CreditAhead.debtor_id == debtor_id,
        CreditAhead.currency == currency,
        CreditAhead.covered_minor < CreditAhead.amount_minor,
        CreditAhead.ended_at.is_(None),
    )
    if invoice_id is not None:
        ahead = ahead.where(CreditAhead.invoice_id == invoice_id)
    rows = db.session().scalars(ahead.with_for_update().execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda one: (one.waits != first, one.id))


def keep_cover(one: CreditAhead, note: Invoice, part: Money) -> CreditCover:
    """Notes which note took the place of which credit, and of how much of it."""
    one.covered_minor += part.minor
    kept = CreditCover(
        id=ids.new_id(),
        debtor_id=one.debtor_id,
        ahead_id=one.id,
        note_id=note.id,
        amount_minor=part.minor,
        currency=part.currency,
        covered_at=clock.now(),
    )
    db.session().add(kept)
    db.session().flush()
    return kept
