"""Which due items are to be spoken of, and to whom."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select

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


def _to_be_said(today: date) -> tuple[ColumnElement[bool], ...]:
    """What a due item must be for us to speak of it on `today`: open, not late, not taken back, held by nothing."""
    holding = select(Hold.id).where(
        Hold.due_item_id == DueItem.id,
        Hold.ended_at.is_(None),
        or_(Hold.until.is_(None), Hold.until > clock.now()),
    )
    return DueItem.due_on >= today, Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None), ~holding.exists()


def untouched(level: str, first: date, last: date) -> list[Candidate]:
    """Open due items due from `first` to `last` that `level` has not spoken of and that nothing holds."""
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
            *_to_be_said(first),
            DueItem.due_on <= last,
            Touch.id.is_(None),
        )
        .order_by(DueItem.debtor_id, DueItem.due_on, DueItem.id)
    )
    return [
        Candidate(item_id, debtor_id, due_on, language, facts.Held(vat, tax, code, postcode, kind == "business"))
        for item_id, debtor_id, due_on, language, vat, tax, code, postcode, kind in rows
    ]


def still_worth_saying(message_id: int, today: date) -> bool:
    """Whether any due item that the message speaks of is still to be spoken of on `today` (the creditor's day)."""
    return (
        db.session().scalar(
            select(Receivable.id)
            .join(Touch, Touch.due_item_id == Receivable.id)
            .join(DueItem, DueItem.id == Receivable.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(Touch.message_id == message_id, *_to_be_said(today))
            .limit(1)
        )
        is not None
    )


def documents_of(message_id: int, today: date) -> int:
    """How many documents a message speaks of on `today`, as `still_worth_saying` asks."""
    return (
        db.session().scalar(
            select(func.count(func.distinct(DueItem.invoice_id)))
            .join(Touch, Touch.due_item_id == DueItem.id)
            .join(Receivable, Receivable.id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(Touch.message_id == message_id, *_to_be_said(today))
        )
        or 1
    )
