"""What came in time with and without a word beforehand, and what promises and plans will probably bring."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, func, or_, select

from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, db, scope
from portal.insights import kpis
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED, InstalmentStatus
from portal.promises.models import Promise
from portal.promises.states import PromiseStatus
from portal.texts.rules import Share

RECEIVED = "received"
WEEKS = 8
_IN, _OUT = Transfer.debit == accounts.RECEIVABLE, Transfer.credit == accounts.RECEIVABLE


@dataclass(frozen=True, slots=True)
class InTime:
    """Due items whose last day is over: how many were paid in full by it, with a confirmation that the document had
    come, given before it was due, and without one."""

    confirmed: Share
    others: Share


def in_time(as_of: date, currency: str, zone: str, months: int = 12) -> InTime:
    """Of the last months. Who confirms may be who pays anyway: this is no proof of a cause."""
    first = kpis.months_until(as_of, months)[0].first
    signed = case((_IN, Transfer.amount_minor), else_=-Transfer.amount_minor)
    over = datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(zone))
    each = (
        select(
            DueItem.due_on.label("due_on"),
            DueItem.invoice_id.label("invoice_id"),
            func.sum(signed).label("open"),
            func.max(case((_OUT, Transfer.value_on), else_=None)).label("paid_on"),
        )
        .join(Transfer, Transfer.receivable_id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            DueItem.currency == currency, DueItem.due_on >= first, DueItem.due_on < as_of, or_(_IN, _OUT),
            Transfer.value_on <= as_of, or_(Invoice.withdrawn_at.is_(None), Invoice.withdrawn_at >= over),
        )
        .group_by(DueItem.id, DueItem.due_on, DueItem.invoice_id)
    ).subquery()  # fmt: skip
    closed_on = case((each.c.open <= 0, each.c.paid_on), else_=None)
    every: Counter[bool] = Counter()
    rows = db.session().execute(select(each.c.due_on, closed_on, func.count()).group_by(each.c.due_on, closed_on))
    for due_on, on, count in rows:
        _count(every, due_on, on, as_of, int(count))
    said = (
        select(ReceiptAnswer.invoice_id, func.min(ReceiptAnswer.at).label("at"))
        .where(ReceiptAnswer.answer == RECEIVED)
        .group_by(ReceiptAnswer.invoice_id)
    ).subquery()
    confirmed: Counter[bool] = Counter()
    rows = db.session().execute(
        select(each.c.due_on, closed_on, said.c.at).join(said, said.c.invoice_id == each.c.invoice_id)
    )
    for due_on, on, at in rows:
        if clock.day_of(at, zone) <= due_on:
            _count(confirmed, due_on, on, as_of, 1)
    return InTime(
        Share(confirmed[True], confirmed.total()),
        Share(every[True] - confirmed[True], every.total() - confirmed.total()),
    )


def _count(found: Counter[bool], due_on: date, closed_on: date | None, as_of: date, count: int) -> None:
    last = last_day(due_on)
    if last < as_of:
        found[closed_on is not None and closed_on <= last] += count


@dataclass(frozen=True, slots=True)
class Week:
    """What is promised for a week from `begins` on, and how much of it probably comes."""

    begins: date
    promised_minor: int
    instalments_minor: int
    expected_minor: int


_TODAY: Any = bindparam("today")
_LAST: Any = bindparam("last")
_CURRENCY: Any = bindparam("currency")
_WAITING = (InstalmentStatus.SCHEDULED, InstalmentStatus.DUE, InstalmentStatus.PART_PAID)
_PROMISED = (
    select(Promise.pay_on, func.sum(Promise.amount_minor - Promise.paid_minor))
    .where(Promise.status == PromiseStatus.OPEN, Promise.currency == _CURRENCY, Promise.pay_on.between(_TODAY, _LAST))
    .group_by(Promise.pay_on)
)
_AGREED_ON = (
    select(Instalment.due_on, func.sum(Instalment.amount_minor - Instalment.paid_minor))
    .join(Plan, Plan.id == Instalment.plan_id)
    .where(
        Plan.status.in_(AGREED),
        Plan.currency == _CURRENCY,
        Instalment.status.in_(_WAITING),
        Instalment.due_on.between(_TODAY, _LAST),
    )
    .group_by(Instalment.due_on)
)


def forecast(
    today: date, currency: str, promises_kept: Decimal | None, instalments_kept: Decimal | None
) -> tuple[Week, ...]:
    """The next WEEKS weeks from today's, weighted by the kept-rates by value in per cent; all of it where none is
    known yet."""
    monday = today - timedelta(days=today.weekday())
    last = monday + timedelta(weeks=WEEKS, days=-1)
    promised, instalments = defaultdict[date, int](int), defaultdict[date, int](int)
    values = {"currency": currency, "today": today, "last": last}
    for day, minor in db.session().execute(scope.prepared(_PROMISED), values):
        promised[day - timedelta(days=day.weekday())] += max(0, int(minor))
    for day, minor in db.session().execute(scope.prepared(_AGREED_ON), values):
        instalments[day - timedelta(days=day.weekday())] += max(0, int(minor))
    found = []
    for n in range(WEEKS):
        begins = monday + timedelta(weeks=n)
        parts = ((promised[begins], promises_kept), (instalments[begins], instalments_kept))
        comes = sum(int(minor * (rate if rate is not None else 100) / 100) for minor, rate in parts)
        found.append(Week(begins, promised[begins], instalments[begins], comes))
    return tuple(found)
