"""The due-item diary: filtered and sorted as the address says, a page at a time, with its sums."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, exists, func, literal_column, or_, select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.confirmations.states import ReceiptStatus
from portal.core import clock, db
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.inbox import cursors
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger.models import Receivable
from portal.web import paging

OPEN, CLOSED, HELD, ALL = "open", "closed", "held", "all"
OVERDUE, SOON, FUTURE = "overdue", "soon", "future"
SOON_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for. `today` is the creditor's; `sort` a key of SORTS."""

    today: date
    words: str = ""
    when: str = ""
    state: str = OPEN
    currency: str = ""
    debtor_id: int | None = None
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
# Written out and not bound: only so do both databases see that the index of open items fits.
STILL_OPEN = Receivable.open_minor > literal_column("0")


def _joined(*columns: Any, invoice: bool = True, debtor: bool = True) -> Select[*tuple[Any, ...]]:
    """Due items with what is open of them; a sum over all of them need not look at every invoice and debtor."""
    statement = select(*columns).select_from(DueItem).join(Receivable, Receivable.id == DueItem.id)
    if invoice:
        statement = statement.join(Invoice, Invoice.id == DueItem.invoice_id)
    return statement.join(Debtor, Debtor.id == DueItem.debtor_id) if debtor else statement


def held_now() -> ColumnElement[bool]:
    """Whether something holds the due item at this moment."""
    return exists().where(
        Hold.due_item_id == DueItem.id,
        Hold.ended_at.is_(None),
        or_(Hold.until.is_(None), Hold.until > clock.now()),
    )


def _where(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state in {OPEN, HELD}:
        found += [STILL_OPEN, Invoice.withdrawn_at.is_(None)]
    if wanted.state == HELD:
        found.append(held_now())
    if wanted.state == CLOSED:
        found.append(or_(Receivable.open_minor == 0, Invoice.withdrawn_at.is_not(None)))
    if wanted.when == OVERDUE:
        found.append(DueItem.due_on < wanted.today)
    if wanted.when == SOON:
        found += [DueItem.due_on >= wanted.today, DueItem.due_on <= wanted.today + SOON_DAYS]
    if wanted.when == FUTURE:
        found.append(DueItem.due_on > wanted.today + SOON_DAYS)
    if wanted.currency:
        found.append(DueItem.currency == wanted.currency)
    if wanted.debtor_id is not None:
        found.append(DueItem.debtor_id == wanted.debtor_id)
    if wanted.words:
        found.append(_matches(wanted.words))
    return found


def _matches(words: str) -> ColumnElement[bool]:
    """A customer's name or code, an invoice's number, or the reference of a transfer."""
    return or_(
        Debtor.name.icontains(words, autoescape=True),
        Debtor.code.istartswith(words, autoescape=True),
        Invoice.number.icontains(words, autoescape=True),
        DueItem.reference == words.replace(" ", "").upper(),
    )


def page(wanted: Filter, cursor: str | None) -> paging.Page[Item]:
    """One page of due items in the order asked for."""
    columns = SORTS[wanted.sort]
    statement = _joined(*_COLUMNS).outerjoin(Receipt, Receipt.id == DueItem.invoice_id)
    statement = statement.outerjoin(ReceiptAnswer, ReceiptAnswer.id == Receipt.answer_id).where(*_where(wanted))
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


def sums(wanted: Filter) -> list[Sum]:
    """The sums of everything that the filter finds, one per currency; the currency's own filter is left out."""
    by_name = bool(wanted.words)
    statement = (
        _joined(
            DueItem.currency, func.count(), func.sum(Receivable.open_minor),
            invoice=by_name or wanted.state != ALL, debtor=by_name,
        )
        .where(*_where(replace(wanted, currency="")))
        .group_by(DueItem.currency)
        .order_by(DueItem.currency)
    )  # fmt: skip
    return [Sum(count, Money(int(minor), currency)) for currency, count, minor in db.session().execute(statement)]


def open_sums(today: date) -> dict[tuple[str, bool], Sum]:
    """What is open by (currency, overdue): the figures of the first page."""
    overdue = (DueItem.due_on < today).label("overdue")
    statement = (
        _joined(DueItem.currency, overdue, func.count(), func.sum(Receivable.open_minor), debtor=False)
        .where(STILL_OPEN, Invoice.withdrawn_at.is_(None))
        .group_by(DueItem.currency, overdue)
    )
    return {
        (currency, bool(late)): Sum(count, Money(int(minor), currency))
        for currency, late, count, minor in db.session().execute(statement)
    }
