"""The due-item diary: filtered and sorted as the address says, a page at a time, with its sums."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, SQLColumnExpression, func, select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.confirmations.states import ReceiptStatus
from portal.core import db
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.inbox import cursors
from portal.invoices import filters
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.web import paging


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter and an order: `sort` is a key of SORTS."""

    filter: filters.Filter
    sort: str = "due"
    down: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    item_id: int
    invoice_id: int
    debtor_id: int
    debtor: str
    debtor_code: str
    number: str
    due_on: date
    amount: Money
    open: Money
    withdrawn: bool
    receipt: ReceiptStatus | None
    receipt_at: datetime | None
    will_pay_on: date | None


# Each ends with the id, so that two rows never stand at the same place.
SORTS: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "due": (DueItem.due_on, DueItem.id),
    "customer": (Debtor.name, DueItem.due_on, DueItem.id),
    "number": (Invoice.number, DueItem.id),
    "open": (Receivable.open_minor, DueItem.id),
}
_COLUMNS = (
    DueItem.id,
    DueItem.invoice_id,
    DueItem.debtor_id,
    Debtor.name,
    Debtor.code,
    Invoice.number,
    DueItem.due_on,
    DueItem.amount_minor,
    Receivable.open_minor,
    DueItem.currency,
    Invoice.withdrawn_at,
    Receipt.status,
    Receipt.status_at,
    ReceiptAnswer.will_pay_on,
)


def _joined(*columns: Any, invoice: bool = True, debtor: bool = True) -> Select[*tuple[Any, ...]]:
    """Due items with what is open of them; a sum over all of them need not look at every invoice and debtor."""
    statement = select(*columns).select_from(DueItem).join(Receivable, Receivable.id == DueItem.id)
    if invoice:
        statement = statement.join(Invoice, Invoice.id == DueItem.invoice_id)
    return statement.join(Debtor, Debtor.id == DueItem.debtor_id) if debtor else statement


def page(wanted: Wanted, cursor: str | None) -> paging.Page[Item]:
    """One page of due items in the order asked for."""
    columns = SORTS[wanted.sort]
    statement = _joined(*_COLUMNS).outerjoin(Receipt, Receipt.id == DueItem.invoice_id)
    statement = statement.outerjoin(ReceiptAnswer, ReceiptAnswer.id == Receipt.answer_id).where(
        *filters.conditions(wanted.filter)
    )
    place = _place(columns, cursor)
    if place is not None:
        statement = statement.where(cursors.behind(columns, place, down=wanted.down))
    order = [column.desc() if wanted.down else column.asc() for column in columns]
    rows = [_row(row) for row in db.session().execute(statement.order_by(*order).limit(paging.PAGE_SIZE + 1))]
    return paging.page(rows, lambda row: (row.item_id, row.item_id))


def _place(columns: Sequence[SQLColumnExpression[Any]], cursor: str | None) -> Row[*tuple[Any, ...]] | None:
    last = cursors.row_id(cursor)
    return None if last is None else db.session().execute(_joined(*columns).where(DueItem.id == last)).one_or_none()


def _row(row: Row[*tuple[Any, ...]]) -> Item:
    (item_id, invoice_id, debtor_id, debtor, code, number, due_on, minor, open_minor, currency, withdrawn_at,
     receipt, receipt_at, will_pay_on) = row  # fmt: skip
    return Item(
        item_id, invoice_id, debtor_id, debtor, code, number, due_on, Money(minor, currency),
        Money(open_minor, currency), withdrawn_at is not None, receipt, receipt_at, will_pay_on,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """How many due items, and what is open on them, in one currency."""

    count: int
    open: Money


def sums(wanted: filters.Filter) -> list[Sum]:
    """The sums of everything that the filter finds, one per currency; the currency's own filter is left out."""
    by_name = bool(wanted.words)
    statement = (
        _joined(
            DueItem.currency, func.count(), func.sum(Receivable.open_minor),
            invoice=by_name or wanted.state != filters.ALL, debtor=by_name,
        )
        .where(*filters.conditions(replace(wanted, currency="")))
        .group_by(DueItem.currency)
        .order_by(DueItem.currency)
    )  # fmt: skip
    return [Sum(count, Money(int(minor), currency)) for currency, count, minor in db.session().execute(statement)]


def due_on(day: date) -> int:
    """How many due items that are open fall due on that very day."""
    counted = _joined(func.count(), debtor=False).where(
        filters.STILL_OPEN, Invoice.withdrawn_at.is_(None), DueItem.due_on == day
    )
    return int(db.session().scalar(counted) or 0)


def open_sums(today: date) -> dict[tuple[str, bool], Sum]:
    """What is open by (currency, overdue): the figures of the first page."""
    overdue = (DueItem.due_on < today).label("overdue")
    statement = (
        _joined(DueItem.currency, overdue, func.count(), func.sum(Receivable.open_minor), debtor=False)
        .where(filters.STILL_OPEN, Invoice.withdrawn_at.is_(None))
        .group_by(DueItem.currency, overdue)
    )
    return {
        (currency, bool(late)): Sum(count, Money(int(minor), currency))
        for currency, late, count, minor in db.session().execute(statement)
    }
