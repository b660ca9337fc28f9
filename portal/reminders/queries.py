"""Which due items are to be spoken of, and to whom."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select

from portal.core import db
from portal.debtors import facts
from portal.debtors.models import Debtor
from portal.hardship import queries as hardship
from portal.invoices import holds
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.reminders.models import Touch
from portal.reminders.rules import Standing


@dataclass(frozen=True, slots=True)
class Candidate:
    item_id: int
    debtor_id: int
    due_on: date
    language: str
    held: facts.Held


def _to_be_said(today: date, *, until_due: bool = True) -> tuple[ColumnElement[bool], ...]:
    """What a due item must be for us to speak of it on `today`: open, not taken back, held by nothing, and not late
    where the words are said only `until_due`."""
    wanted = (Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None), ~holds.item_is_held())
    return (DueItem.due_on >= today, *wanted) if until_due else wanted


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
            ~hardship.rests(DueItem.debtor_id.expression),
        )
        .order_by(DueItem.debtor_id, DueItem.due_on, DueItem.id)
    )
    return [
        Candidate(item_id, debtor_id, due_on, language, facts.Held(vat, tax, code, postcode, kind == "business"))
        for item_id, debtor_id, due_on, language, vat, tax, code, postcode, kind in rows
    ]


def standings(message_id: int, today: date) -> list[Standing]:
    """Of every due item that the message speaks of, on `today` (the creditor's day)."""
    rows = db.session().execute(
        select(Receivable.open_minor, Invoice.withdrawn_at, DueItem.due_on, holds.item_is_held())
        .select_from(DueItem)
        .join(Touch, Touch.due_item_id == DueItem.id)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(Touch.message_id == message_id)
    )
    return [
        Standing(open_minor > 0, withdrawn_at is not None, due_on < today, held)
        for open_minor, withdrawn_at, due_on, held in rows
    ]


def documents_of(message_id: int, today: date, *, until_due: bool = True) -> int:
    """How many documents a message speaks of on `today`, as far as it is still to be said."""
    return (
        db.session().scalar(
            select(func.count(func.distinct(DueItem.invoice_id)))
            .join(Touch, Touch.due_item_id == DueItem.id)
            .join(Receivable, Receivable.id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(Touch.message_id == message_id, *_to_be_said(today, until_due=until_due))
        )
        or 1
    )
