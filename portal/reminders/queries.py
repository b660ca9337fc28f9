"""Which due items are to be spoken of, and to whom."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select

from portal.core import clock, db
from portal.debtors import facts
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger.models import Receivable
from portal.reminders.models import Touch


@dataclass(frozen=True, slots=True)
class Candidate:
    item_id: int
    debtor_id: int
    due_on: date
    language: str
    held: facts.Held


def untouched(level: str, first: date, last: date) -> list[Candidate]:
    """Open due items due from `first` to `last` that `level` has not spoken of and that nothing holds."""
    now = clock.now()
    holding = select(Hold.id).where(
        Hold.due_item_id == DueItem.id,
        Hold.ended_at.is_(None),
        or_(Hold.until.is_(None), Hold.until > now),
    )
    rows = db.session().execute(
        select(
            DueItem.id,
            DueItem.debtor_id,
            DueItem.due_on,
            Debtor.language,
            Debtor.vat_number,
            Debtor.tax_code,
            Debtor.code,
            Debtor.postcode,
            Debtor.kind,
        )
        .join(Debtor, Debtor.id == DueItem.debtor_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .outerjoin(Touch, and_(Touch.due_item_id == DueItem.id, Touch.level == level))
        .where(
            DueItem.due_on >= first,
            DueItem.due_on <= last,
            Receivable.open_minor > 0,
            Invoice.withdrawn_at.is_(None),
            Touch.id.is_(None),
            ~holding.exists(),
        )
        .order_by(DueItem.debtor_id, DueItem.due_on, DueItem.id)
    )
    return [
        Candidate(item_id, debtor_id, due_on, language, facts.Held(vat, tax, code, postcode, kind == "business"))
        for item_id, debtor_id, due_on, language, vat, tax, code, postcode, kind in rows
    ]


def still_worth_saying(message_id: int) -> bool:
    """Whether any due item that the message speaks of is still open."""
    return (
        db.session().scalar(
            select(Receivable.id)
            .join(Touch, Touch.due_item_id == Receivable.id)
            .join(DueItem, DueItem.id == Receivable.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(Touch.message_id == message_id, Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None))
            .limit(1)
        )
        is not None
    )


def documents_of(message_id: int) -> int:
    """How many open documents a message speaks of."""
    return (
        db.session().scalar(
            select(func.count(func.distinct(DueItem.invoice_id)))
            .join(Touch, Touch.due_item_id == DueItem.id)
            .join(Receivable, Receivable.id == DueItem.id)
            .where(Touch.message_id == message_id, Receivable.open_minor > 0)
        )
        or 1
    )
