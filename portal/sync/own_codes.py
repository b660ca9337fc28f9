"""By which codes of its own a creditor's system knows what an event is about: customer code, invoice number."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from portal.core import db, ids
from portal.core.events import Event, EventRow
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


def codes_of_rows(rows: Sequence[EventRow]) -> list[dict[str, Any]]:
    """As `codes_of`, for what has been kept: one for each row, in three statements at most."""
    debtors = _codes({row.debtor_id for row in rows if row.debtor_id is not None})
    by_invoice = {ids.read(row.data["invoice_id"]) for row in rows if "invoice_id" in row.data}
    by_item = {item_id for row in rows for item_id in _items(row)}
    numbers = dict(_pairs(select(Invoice.id, Invoice.number).where(Invoice.id.in_(by_invoice)), by_invoice))
    items = (
        select(DueItem.id, Invoice.number)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(DueItem.id.in_(by_item))
        .order_by(DueItem.due_on, DueItem.id)
    )
    of_items = dict(_pairs(items, by_item))
    found = []
    for row in rows:
        codes: dict[str, Any] = {"debtor_code": debtors[row.debtor_id]} if row.debtor_id in debtors else {}
        wanted = _items(row)
        named = [number for item_id, number in of_items.items() if item_id in wanted]
        if "invoice_id" in row.data:
            named = [numbers[one] for one in (ids.read(row.data["invoice_id"]),) if one in numbers]
        told = list(dict.fromkeys(named))
        codes |= {"invoice_number": told[0]} if len(told) == 1 else {"invoice_numbers": told} if told else {}
        found.append(codes)
    return found


def _codes(debtor_ids: set[int]) -> dict[int, str]:
    return dict(_pairs(select(Debtor.id, Debtor.code).where(Debtor.id.in_(debtor_ids)), debtor_ids))


def _pairs(wanted: Select[int, str], named: set[int]) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in db.session().execute(wanted)] if named else []


def _items(row: EventRow) -> set[int]:
    if "invoice_id" in row.data:
        return set()
    several = row.data.get("item_ids") or [row.data.get("item_id")]
    return {ids.read(one) for one in several if one is not None}
