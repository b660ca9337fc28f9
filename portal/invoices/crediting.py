"""A credit that the portal books before the credit note of the creditor's system comes, and how the note covers it.

Of the two only one ever lowers what is open: the note that comes later for the same invoice first covers what was
booked ahead, and only the rest of it is applied. Nothing is taken back, so nothing that was settled opens again.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from portal.core import clock, db, ids
from portal.core.money import Money
from portal.invoices import actions, holds, queries
from portal.invoices.models import CreditAhead, Hold, Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger

SOURCE = "dispute"  # of the entries in the books, with the dispute's id


@dataclass(frozen=True, slots=True)
class Booked:
    """What a credit did: `applied` lowered what was open, `kept` is the customer's credit."""

    applied: Money
    kept: Money


def credit_ahead(invoice: Invoice, dispute_id: int, amount: Money, value_on: date) -> Booked:
    """Lowers the invoice's due items by `amount`, earliest first; what is beyond them is the debtor's credit.

    Raises ledger.AlreadyPosted where this dispute was credited before.
    """
    source, left, nothing = ledger.Source(SOURCE, dispute_id), amount, Money(0, amount.currency)
    db.session().add(
        CreditAhead(
            id=ids.new_id(),
            debtor_id=invoice.debtor_id,
            invoice_id=invoice.id,
            dispute_id=dispute_id,
            amount_minor=amount.minor,
            covered_minor=0,
            currency=amount.currency,
            booked_at=clock.now(),
        )
    )
    for place, item in enumerate(queries.items_of_debtor(invoice.debtor_id, invoice.id), start=1):
        part = min(left, item.open)
        if part:
            settled = actions.settle_item(item, part, account=accounts.CREDIT_NOTES, kind="credit_note",
                                          source=source, value_on=value_on, position=place)  # fmt: skip
            left = left - settled.applied
    if left:
        ledger.keep_as_credit(invoice.debtor_id, left, account=accounts.CREDIT_NOTES, kind="credit_note",
                              source=source, value_on=value_on)  # fmt: skip
    db.session().flush()
    return Booked(amount - left, left or nothing)


def notes_since(invoice: Invoice, since: datetime) -> Money:
    """What credit notes for this invoice came in since that moment."""
    found = select(func.coalesce(func.sum(Invoice.total_minor), 0)).where(
        Invoice.debtor_id == invoice.debtor_id,
        Invoice.kind == "credit_note",
        Invoice.related_number == invoice.number,
        Invoice.issued_on >= invoice.issued_on,
        Invoice.currency == invoice.currency,
        Invoice.imported_at >= since,
    )
    return Money(int(db.session().scalar(found) or 0), invoice.currency)


def cover(invoice_id: int, note: Money) -> Money:
    """How much of a credit note of this invoice was booked ahead: so much of it is not applied again."""
    left = note
    ahead = select(CreditAhead).where(
        CreditAhead.invoice_id == invoice_id,
        CreditAhead.currency == note.currency,
        CreditAhead.covered_minor < CreditAhead.amount_minor,
    )
    for one in db.session().scalars(ahead.order_by(CreditAhead.id).with_for_update()):
        part = min(left, Money(one.amount_minor - one.covered_minor, one.currency))
        one.covered_minor += part.minor
        left = left - part
    return note - left


def note_has_come(items: list[queries.Item], amount: Money) -> None:
    """Ends as much of the waiting for a credit note as has come now."""
    waiting = select(Hold).where(
        Hold.due_item_id.in_([item.item_id for item in items]),
        Hold.reason == holds.CREDIT_EXPECTED,
        holds.running(),
    )
    left = amount.minor
    for one in db.session().scalars(waiting.order_by(Hold.id)).all():
        expected = one.amount_minor or left
        if expected > left:
            one.amount_minor = expected - left
            return
        left -= expected
        actions.release(one.due_item_id, holds.CREDIT_EXPECTED)
        if not left:
            return
