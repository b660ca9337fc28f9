"""How many instalments, and how many plans, were kept: by count and by value, of a creditor or of one customer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select

from portal.core import clock, db, scope
from portal.core.money import Money
from portal.interest.due_dates import last_day
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.plans import following
from portal.plans.models import Instalment, Plan, PlanLine
from portal.plans.states import InstalmentStatus, PlanStatus
from portal.promises.rules import KeptRate

PERIOD = timedelta(days=365)
_MONEY = (accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD)
_S = PlanStatus
# Plans that came to stand; whose end, where they ended unkept, is the last day that counts for their instalments.
_STOOD = (_S.ACCEPTED, _S.ACTIVE, _S.COMPLETED, _S.DEFAULTED, _S.RENEGOTIATED)
_ENDED = frozenset({_S.DEFAULTED, _S.RENEGOTIATED})


@dataclass(frozen=True, slots=True)
class Row:
    """One instalment as it is judged: its day, what is asked in minor units, and whether day and grace are over."""

    due_on: date
    amount: int
    is_due: bool


def kept_of(rows: Sequence[Row], came: Mapping[date, int], went_back: int) -> tuple[int, int, int, int]:
    """Of one plan: how many instalments were due and kept, and in minor units what was asked and came in time.

    Money pays instalments in their order. What came by the last day on which payment is in time counts; what went
    back counts against it whatever its day. Kept is what `following.judge` calls paid with that money on that day.
    """
    due = kept = asked = in_time = before = 0
    for row in rows:
        end = last_day(row.due_on)
        there = max(0, sum(minor for day, minor in came.items() if day <= end) - went_back)
        part = max(0, min(row.amount, there - before))
        before += row.amount
        if not row.is_due:
            continue
        due, asked, in_time = due + 1, asked + row.amount, in_time + part
        kept += following.judge(row.due_on, row.amount, part, end) is InstalmentStatus.PAID
    return due, kept, asked, in_time


def instalments(currency: str, today: date, *, debtor_id: int | None = None) -> KeptRate:
    """The kept-rate of instalments of the last year.

    due = instalments of plans that stood whose day and the plan's grace are over (of a plan that ended before it was
    paid: were over when it ended); kept = those of them that were paid in full by their last day in time, by the
    value dates of the books; by value = what came in time of what they asked. Taken back and void plans have none.
    """
    since = today - PERIOD
    rows = _asked(_rows(of_one=debtor_id is not None), currency, since, debtor_id).all()
    by_plan: dict[int, list[Row]] = defaultdict(list)
    for plan_id, status, ended_at, grace, due_on, amount in rows:
        until = min(today, clock.day_of(ended_at, "Europe/Rome")) if status in _ENDED else today
        is_due = due_on >= since and last_day(due_on) + timedelta(days=grace) < until
        by_plan[plan_id].append(Row(due_on, amount, is_due))
    wanted = [plan_id for plan_id, found in by_plan.items() if any(row.is_due for row in found)]
    came, went = _money(currency, since, debtor_id) if wanted else ({}, {})
    sums = [kept_of(by_plan[one], came.get(one, {}), went.get(one, 0)) for one in wanted]
    due, kept, asked, in_time = (sum(column) for column in zip(*sums, strict=True)) if sums else (0, 0, 0, 0)
    return KeptRate(due, kept, Money(asked, currency), Money(in_time, currency))


def _asked(statement: Any, currency: str, since: date, debtor_id: int | None) -> Any:
    values = {"currency": currency, "since": since} | ({} if debtor_id is None else {"debtor_id": debtor_id})
    return db.session().execute(scope.prepared(statement), values)


def _about(*, of_one: bool) -> list[ColumnElement[bool]]:
    """Plans that stood and have an instalment in the period."""
    in_period = select(Instalment.plan_id).where(Instalment.due_on >= bindparam("since"))
    found = [Plan.status.in_(_STOOD), Plan.currency == bindparam("currency"), Plan.id.in_(in_period)]
    return [*found, Plan.debtor_id == bindparam("debtor_id")] if of_one else found


def _ended_since(since: date):  # type: ignore[no-untyped-def]
    return Plan.status_at >= clock.now() - (clock.today() - since) - timedelta(days=1)


@cache
def _rows(*, of_one: bool) -> Any:
    """Built once (portal.core.scope.prepared), as the one behind it."""
    counts = or_(Instalment.status != InstalmentStatus.CANCELLED, Plan.status.in_(_ENDED))
    return (
        select(Plan.id, Plan.status, Plan.status_at, Plan.grace_days, Instalment.due_on, Instalment.amount_minor)
        .join(Instalment, Instalment.plan_id == Plan.id)
        .where(*_about(of_one=of_one), counts, Instalment.amount_minor > 0)
        .order_by(Plan.id, Instalment.due_on, Instalment.number)
    )


@cache
def _money_of(*, of_one: bool) -> Any:
    came = and_(Transfer.credit == accounts.RECEIVABLE, Transfer.debit.in_(_MONEY), Transfer.kind != "credit_note")
    back = and_(Transfer.debit == accounts.RECEIVABLE, Transfer.credit.in_(_MONEY))
    return (
        select(
            Plan.id,
            Transfer.value_on,
            func.sum(case((came, Transfer.amount_minor), else_=0)),
            func.sum(case((back, Transfer.amount_minor), else_=0)),
        )
        .join(PlanLine, PlanLine.plan_id == Plan.id)
        .join(Transfer, and_(Transfer.receivable_id == PlanLine.due_item_id, Transfer.id > Plan.id))
        .where(*_about(of_one=of_one), or_(came, back))
        .group_by(Plan.id, Transfer.value_on)
    )


def _money(currency: str, since: date, debtor_id: int | None) -> tuple[dict[int, dict[date, int]], dict[int, int]]:
    """By plan: what came on which value date since it was made, and what of it went back."""
    found: dict[int, dict[date, int]] = defaultdict(dict)
    went: dict[int, int] = defaultdict(int)
    rows = _asked(_money_of(of_one=debtor_id is not None), currency, since, debtor_id)
    for plan_id, day, minor, gone in rows:
        found[plan_id][day] = int(minor)
        went[plan_id] += int(gone)
    return found, went


def plans(currency: str, today: date, *, debtor_id: int | None = None) -> KeptRate:
    """The kept-rate of plans that ended in the last year: due = paid in full, or ended as instalments were missed;
    kept = paid in full; by value = the totals of those. What was renegotiated, taken back or ended by agreement is
    neither."""
    done = Plan.status == PlanStatus.COMPLETED
    wanted = select(
        func.count(Plan.id),
        func.coalesce(func.sum(case((done, 1), else_=0)), 0),
        func.coalesce(func.sum(Plan.total_minor), 0),
        func.coalesce(func.sum(case((done, Plan.total_minor), else_=0)), 0),
    ).where(
        Plan.currency == currency,
        Plan.status.in_((PlanStatus.COMPLETED, PlanStatus.DEFAULTED)),
        _ended_since(today - PERIOD),
    )
    if debtor_id is not None:
        wanted = wanted.where(Plan.debtor_id == debtor_id)
    due, kept, asked, in_time = map(int, db.session().execute(wanted).one())
    return KeptRate(due, kept, Money(asked, currency), Money(in_time, currency))
