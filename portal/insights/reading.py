"""The rows behind the figures as of any day, in a counted number of statements, summed in the database.

As of a day is by value date: what was paid, credited or taken back after it does not count. Everything that the
figures need is read here and nowhere else.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from portal.core import db
from portal.debtors.models import Debtor
from portal.insights import kpis
from portal.insights.kpis import Bucket, Month
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.web import paging

_IN = Transfer.debit == accounts.RECEIVABLE
_OUT = Transfer.credit == accounts.RECEIVABLE
SIGNED = case((_IN, Transfer.amount_minor), else_=-Transfer.amount_minor)
_MONEY = (accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD)
_SOLD = (accounts.SALES, accounts.CREDIT_NOTES, accounts.CREDIT_AHEAD)
HISTORY = 36  # months of sales that are looked back on


@dataclass(frozen=True, slots=True)
class Books:
    """What the books of one currency say as of a day. `steps` are the aging; `apart_minor` is the customers' credit
    that belongs to no due item, in no step."""

    as_of: date
    currency: str
    steps: tuple[Bucket, ...]
    month_ago: tuple[Bucket, ...]
    opening_minor: int  # what was open at the end of the month before
    apart_minor: int
    months: tuple[tuple[Month, int], ...]  # sales by month, the latest first
    paid: tuple[tuple[int, int], ...]  # of the period: amount, days late
    cashed_minor: int  # in the as-of month

    @property
    def open_minor(self) -> int:
        return sum(one.amount_minor for one in self.steps)

    @property
    def items(self) -> int:
        return sum(one.count for one in self.steps)

    @property
    def current_minor(self) -> int:
        return self.steps[0].amount_minor

    @property
    def late_minor(self) -> int:
        return self.open_minor - self.current_minor

    @property
    def period(self) -> Sequence[tuple[Month, int]]:
        return self.months[: kpis.MONTHS]

    @property
    def sales_minor(self) -> int:
        return sum(sold for _month, sold in self.period)

    @property
    def days(self) -> int:
        return sum(month.days for month, _sold in self.period)


def currencies(as_of: date) -> list[str]:
    """The currencies in which anything was ever asked for until that day, euro first."""
    found = db.session().scalars(select(Transfer.currency).where(_IN, Transfer.value_on <= as_of).distinct()).all()
    return sorted(found, key=lambda one: (one != "EUR", one))


def books(as_of: date, currency: str, zone: str, debtor_ids: Sequence[int] | None = None) -> Books:
    """What the books say as of `as_of`, of everybody or of these customers."""
    before = as_of.replace(day=1) - timedelta(days=1)
    months = kpis.months_until(as_of, HISTORY)
    period = months[-kpis.MONTHS :]
    read = Reader(currency, zone, debtor_ids)
    steps = read.steps(as_of)
    return Books(
        as_of,
        currency,
        steps[0],
        read.steps(min(before, as_of))[0],
        read.open_in_all(before),
        -steps[1] + read.unallocated(as_of),
        read.sales(months, as_of),
        read.paid(period[0].first, as_of),
        read.cashed(as_of.replace(day=1), as_of),
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Conditions and statements over the books of one currency."""

    currency: str
    zone: str
    debtor_ids: Sequence[int] | None

    def of(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Transfer.currency == self.currency]
        if self.debtor_ids is not None:
            found.append(Transfer.debtor_id.in_(list(self.debtor_ids)))
        return found

    def standing(self, as_of: date) -> ColumnElement[bool]:
        """That its invoice had not been taken back by the end of that day."""
        over = datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(self.zone))
        return or_(Invoice.withdrawn_at.is_(None), Invoice.withdrawn_at >= over)

    def by_item(self, as_of: date) -> Any:
        """Each due item with what was open on it: a statement for others to sum."""
        return (
            select(
                DueItem.id.label("item_id"),
                DueItem.due_on.label("due_on"),
                DueItem.debtor_id.label("debtor_id"),
                func.sum(SIGNED).label("open"),
            )
            .join(Transfer, Transfer.receivable_id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(*self.of(), or_(_IN, _OUT), Transfer.value_on <= as_of, self.standing(as_of))
            .group_by(DueItem.id, DueItem.due_on, DueItem.debtor_id)
        )

    def steps(self, as_of: date) -> tuple[tuple[Bucket, ...], int]:
        """The aging, and what was paid too much on single items, which is nobody's debt (0 or less)."""
        each = self.by_item(as_of).subquery()
        is_debt = each.c.open > 0
        rows = db.session().execute(
            select(
                each.c.due_on,
                func.sum(case((is_debt, each.c.open), else_=0)),
                func.sum(case((is_debt, 1), else_=0)),
                func.sum(case((is_debt, 0), else_=each.c.open)),
            )
            .where(each.c.open != 0)
            .group_by(each.c.due_on)
        )
        found, too_much = [], 0
        for due_on, amount, items, below in rows:
            found.append(((as_of - last_day(due_on)).days, int(amount), int(items)))
            too_much += int(below)
        return kpis.aging(found), too_much

    def open_in_all(self, as_of: date) -> int:
        each = self.by_item(as_of).subquery()
        return int(db.session().scalar(select(func.sum(each.c.open)).where(each.c.open > 0)) or 0)

    def unallocated(self, as_of: date) -> int:
        net = case((Transfer.credit == accounts.UNALLOCATED, Transfer.amount_minor), else_=-Transfer.amount_minor)
        either = or_(Transfer.credit == accounts.UNALLOCATED, Transfer.debit == accounts.UNALLOCATED)
        return int(
            db.session().scalar(select(func.sum(net)).where(*self.of(), either, Transfer.value_on <= as_of)) or 0
        )

    def sales(self, months: Sequence[Month], as_of: date) -> tuple[tuple[Month, int], ...]:
        """Invoices less credit notes by the month of their day, the latest month first."""
        rows = db.session().execute(
            select(Transfer.value_on, func.sum(SIGNED))
            .join(DueItem, DueItem.id == Transfer.receivable_id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(*self.is_sale(months[0].first, as_of))
            .group_by(Transfer.value_on)
        )
        sold: dict[date, int] = defaultdict(int)
        for day, amount in rows:
            sold[day.replace(day=1)] += int(amount)
        return tuple((month, sold[month.first]) for month in reversed(months))

    def paid(self, first: date, last: date) -> tuple[tuple[int, int], ...]:
        """Money that came for due items from `first` to `last`: amounts with their days late."""
        rows = db.session().execute(
            select(DueItem.due_on, Transfer.value_on, func.sum(Transfer.amount_minor))
            .join(DueItem, DueItem.id == Transfer.receivable_id)
            .where(*self.is_payment(first, last))
            .group_by(DueItem.due_on, Transfer.value_on)
        )
        return tuple((int(amount), (value_on - last_day(due_on)).days) for due_on, value_on, amount in rows)

    def cashed(self, first: date, last: date) -> int:
        """What money came, less what went back."""
        wanted = select(func.sum(-SIGNED)).where(*self.is_money(first, last))
        return int(db.session().scalar(wanted) or 0)

    def is_sale(self, first: date, last: date) -> list[ColumnElement[bool]]:
        """What sales are made of; with the invoice joined."""
        other = case((_IN, Transfer.credit), else_=Transfer.debit)
        days = Transfer.value_on.between(first, last)
        return [*self.of(), or_(_IN, _OUT), other.in_(_SOLD), days, self.standing(last)]

    def is_payment(self, first: date, last: date) -> list[ColumnElement[bool]]:
        """What came for due items, whatever went back."""
        days = Transfer.value_on.between(first, last)
        return [*self.of(), _OUT, Transfer.debit.in_(_MONEY), Transfer.kind != "credit_note", days]

    def is_money(self, first: date, last: date) -> list[ColumnElement[bool]]:
        """What came and what went back."""
        came = and_(_OUT, Transfer.debit.in_(_MONEY), Transfer.kind != "credit_note")
        went = and_(_IN, Transfer.credit.in_(_MONEY))
        return [*self.of(), or_(came, went), Transfer.value_on.between(first, last)]


def trend(as_of: date, currency: str, zone: str, months: int = 12) -> list[tuple[date, int, int]]:
    """At the end of each of the last months what was open, and what was sold in its period: (day, open, sales)."""
    read = Reader(currency, zone, None)
    every = kpis.months_until(as_of, months + kpis.MONTHS - 1)
    sold = {month.first: amount for month, amount in read.sales(every, as_of)}
    moved: dict[date, int] = defaultdict(int)
    until = 0
    rows = db.session().execute(
        select(Transfer.value_on, func.sum(SIGNED))
        .join(DueItem, DueItem.id == Transfer.receivable_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(*read.of(), or_(_IN, _OUT), Transfer.value_on <= as_of, read.standing(as_of))
        .group_by(Transfer.value_on)
    )
    for day, amount in rows:
        if day < every[0].first:
            until += int(amount)
        else:
            moved[day.replace(day=1)] += int(amount)
    found = []
    for place, month in enumerate(every):
        until += moved[month.first]
        if place >= kpis.MONTHS - 1:
            period = every[place - kpis.MONTHS + 1 : place + 1]
            found.append((month.last, until, sum(sold[one.first] for one in period)))
    return found


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One row behind the aging."""

    item_id: int
    number: str
    debtor_id: int
    debtor: str
    due_on: date
    open_minor: int


def due_between(as_of: date, step: str) -> tuple[date | None, date | None]:
    """The first and the last stated due date of a step of the aging; None where it is open on that side.

    The same of all that is late, and of all that is open (no step).
    """
    if not step:
        return None, None
    if step == kpis.LATE:
        return None, _first_due(as_of, 0) - timedelta(days=1)
    ends = dict(zip(kpis.BUCKETS, (0, 30, 60, 90, 120, None), strict=True))
    place = kpis.BUCKETS.index(step)
    far = ends[step]
    first = None if far is None else _first_due(as_of, far)
    near = None if place == 0 else ends[kpis.BUCKETS[place - 1]]
    last = None if near is None else _first_due(as_of, near) - timedelta(days=1)
    return first, last


def _first_due(as_of: date, most_late: int) -> date:
    """The earliest stated due date that is at most so many days past its last day in time."""
    day = as_of - timedelta(days=most_late + 10)  # a last day is never ten days behind its date
    while (as_of - last_day(day)).days > most_late:
        day += timedelta(days=1)
    return day


def open_items(
    as_of: date, currency: str, zone: str, step: str, after: str | None, *, among: Any = None
) -> paging.Page[OpenItem]:
    """The due items behind a step of the aging or several, in the order of their ids; `among`: a statement of the
    customers' ids."""
    first, last = due_between(as_of, step)
    each = Reader(currency, zone, None).by_item(as_of)
    if among is not None:
        each = each.where(DueItem.debtor_id.in_(among))
    if first is not None:
        each = each.where(DueItem.due_on >= first)
    if last is not None:
        each = each.where(DueItem.due_on <= last)
    owed = each.subquery()
    wanted = (
        select(DueItem.id, Invoice.number, Debtor.id.label("debtor_id"), Debtor.name, DueItem.due_on, owed.c.open)
        .join(owed, owed.c.item_id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Debtor, Debtor.id == DueItem.debtor_id)
        .where(owed.c.open > 0)
    )
    by = DueItem.id.expression
    rows = db.session().execute(paging.after(cast(Select[Any], wanted), by, by, after, down=False)).all()
    found = [OpenItem(row[0], row[1], row[2], row[3], row[4], int(row[5])) for row in rows]
    return paging.page(found, lambda row: (row.item_id, row.item_id))


@dataclass(frozen=True, slots=True)
class Booking:
    """One row behind what was sold or cashed; `amount_minor` is below nought for what was taken back."""

    number: str
    debtor_id: int
    debtor: str
    on: date
    amount_minor: int


def bookings(as_of: date, currency: str, zone: str, *, sold: bool, after: str | None) -> paging.Page[Booking]:
    """The postings of the as-of month that make up its sales, or its money; the latest first."""
    read, first = Reader(currency, zone, None), as_of.replace(day=1)
    amount = SIGNED if sold else -SIGNED
    wanted = (
        select(Transfer.id, Invoice.number, Debtor.id.label("debtor_id"), Debtor.name, Transfer.value_on, amount)
        .join(DueItem, DueItem.id == Transfer.receivable_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Debtor, Debtor.id == DueItem.debtor_id)
        .where(*(read.is_sale(first, as_of) if sold else read.is_money(first, as_of)))
    )
    by = Transfer.id.expression
    rows = db.session().execute(paging.after(cast(Select[Any], wanted), by, by, after, down=True)).all()
    page = paging.page(rows, lambda row: (row[0], row[0]))
    found = [Booking(row[1], row[2], row[3], row[4], int(row[5])) for row in page.rows]
    return paging.Page(found, page.next_cursor)
