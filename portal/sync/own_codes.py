"""By which codes of its own a creditor's system knows what an event is about: customer code, invoice number."""

from typing import Any

from sqlalchemy import select

from portal.core import db
from portal.core.events import Event
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem, Invoice


def codes_of(happened: Event) -> dict[str, Any]:
    """`debtor_code`; `invoice_number` where it is about one invoice, `invoice_numbers` where about several."""
    codes: dict[str, Any] = {}
    if happened.debtor_id is not None:
        codes["debtor_code"] = db.session().scalar(select(Debtor.code).where(Debtor.id == happened.debtor_id))
    numbers = _invoice_numbers(happened)
    if len(numbers) == 1:
        codes["invoice_number"] = numbers[0]
    elif numbers:
        codes["invoice_numbers"] = numbers
    return codes


def _invoice_numbers(happened: Event) -> list[str]:
    """Of the invoice that the event names, else of the due items that it names; each once, as they fall due."""
    invoice_id = getattr(happened, "invoice_id", None)
    if invoice_id is not None:
        return list(db.session().scalars(select(Invoice.number).where(Invoice.id == invoice_id)))
    item_ids = getattr(happened, "item_ids", ()) or (getattr(happened, "item_id", None),)
    wanted = [item_id for item_id in item_ids if item_id is not None]
    if not wanted:
        return []
    numbers = db.session().scalars(
        select(Invoice.number)
        .join(DueItem, DueItem.invoice_id == Invoice.id)
        .where(DueItem.id.in_(wanted))
        .order_by(DueItem.due_on, DueItem.id)
    )
    return list(dict.fromkeys(numbers))
