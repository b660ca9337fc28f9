"""The creditor's list of plans: by state and risk, sorted, a page at a time, with what a row says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from portal.core import clock, db, ids
from portal.core.events import EventRow
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem
from portal.ledger.models import Receivable
from portal.people.models import Staff
from portal.plans import risk
from portal.plans.models import Instalment, Plan
from portal.plans.rules import REMEMBERED
from portal.plans.states import AGREED, TALKING, InstalmentStatus, PlanStatus
from portal.promises.models import Promise
from portal.promises.rules import REMEMBERED as PROMISE_REMEMBERED
from portal.promises.states import PromiseStatus
from portal.web import paging

I = InstalmentStatus  # noqa: E741
OPEN, STANDING, TALKED, ENDED, ALL = "open", "standing", "talked", "ended", "all"
STATES = (OPEN, STANDING, TALKED, ENDED, ALL, *(one.value for one in PlanStatus))
NEVER = date(9999, 12, 31)  # where nothing is asked for next: behind everything
MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for: a state or a group of them, a risk, words, one customer, an order of SORTS."""

    today: date
    state: str = OPEN
    risk: str = ""
    words: str = ""
    debtor_id: int | None = None
    sort: str = "next"
    down: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A plan with its customer, what is asked for next, and what its instalments add up to."""

    plan: Plan
    debtor: str
    debtor_code: str
    next_on: date | None
    next: Money | None
    asked: Money
    paid: Money
    count: int
    count_paid: int
    facts: risk.Facts | None  # None where nothing is agreed

    @property
    def left(self) -> Money:
        return self.asked - self.paid


def _sums() -> Any:
    """By plan: the next day, what was asked and came, how many, and the oldest that is missing."""
    counts = Instalment.status != I.CANCELLED
    still = Instalment.status.not_in((I.PAID, I.CANCELLED))
    late = Instalment.status == I.OVERDUE
    part = and_(Instalment.status.in_((I.PART_PAID, I.OVERDUE)), Instalment.paid_minor > 0)
    return (
        select(
            Instalment.plan_id.label("plan_id"),
            func.min(case((still, Instalment.due_on))).label("next_on"),
            func.min(case((late, Instalment.due_on))).label("missing_since"),
            func.max(case((part, 1), else_=0)).label("part"),
            func.sum(case((counts, Instalment.amount_minor), else_=0)).label("asked"),
            func.sum(case((counts, Instalment.paid_minor), else_=0)).label("paid"),
            func.sum(case((counts, 1), else_=0)).label("count"),
            func.sum(case((Instalment.status == I.PAID, 1), else_=0)).label("count_paid"),
        )
        .group_by(Instalment.plan_id)
        .subquery()
    )


_COUNTED = ("missing_since", "part", "asked", "paid", "count", "count_paid")


def _next_on(sums: Any) -> ColumnElement[date]:
    stands = Plan.status.in_((*TALKING, *AGREED))
    found: ColumnElement[date] = case((stands, func.coalesce(sums.c.next_on, NEVER)), else_=literal(NEVER))
    return found


def _sorts(sums: Any) -> dict[str, tuple[Any, ...]]:
    """Each ends with the id, so that two rows never stand at the same place."""
    return {
        "next": (_next_on(sums), Plan.id),
        "customer": (Debtor.name, Plan.id),
        "left": (sums.c.asked - sums.c.paid, Plan.id),
        "state": (Plan.status, Plan.id),
    }


SORTS = ("next", "customer", "left", "state")


def _broken_plans() -> Any:
    other = aliased(Plan)
    since = clock.now() - REMEMBERED
    return exists().where(
        other.debtor_id == Plan.debtor_id, other.status == PlanStatus.DEFAULTED, other.status_at >= since
    )


def _broken_promises(today: date) -> Any:
    return exists().where(
        Promise.debtor_id == Plan.debtor_id,
        Promise.status == PromiseStatus.BROKEN,
        Promise.pay_on >= today - PROMISE_REMEMBERED,
    )


def _of_risk(which: str, sums: Any, today: date) -> ColumnElement[bool]:
    """The same rules as `risk.level`, for a statement."""
    stands, missing, part = Plan.status.in_(AGREED), sums.c.missing_since.is_not(None), sums.c.part > 0
    history = or_(_broken_plans(), _broken_promises(today))
    found = {
        risk.NOTICE: and_(missing, Plan.notice_on.is_not(None)),
        risk.MISSING: and_(missing, Plan.notice_on.is_(None)),
        risk.PART: and_(~missing, part),
        risk.HISTORY: and_(~missing, ~part, history),
        risk.FINE: and_(~missing, ~part, ~history),
    }
    return and_(stands, found[which])


_ENDED = tuple(one for one in PlanStatus if one not in {*TALKING, *AGREED})
_GROUPS = {OPEN: (*TALKING, *AGREED), STANDING: AGREED, TALKED: TALKING, ENDED: _ENDED}


def _conditions(wanted: Wanted, sums: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state in _GROUPS:
        found.append(Plan.status.in_(_GROUPS[wanted.state]))
    elif wanted.state != ALL:
        found.append(Plan.status.in_([one for one in PlanStatus if one.value == wanted.state]))
    if wanted.risk:
        found.append(_of_risk(wanted.risk, sums, wanted.today))
    if wanted.debtor_id is not None:
        found.append(Plan.debtor_id == wanted.debtor_id)
    if wanted.words:
        name = Debtor.name.icontains(wanted.words, autoescape=True)
        found.append(or_(name, Debtor.code.icontains(wanted.words, autoescape=True)))
    return found


def _joined(sums: Any, *columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(Plan)
        .join(Debtor, Debtor.id == Plan.debtor_id)
        .join(sums, sums.c.plan_id == Plan.id)
    )


def page(wanted: Wanted, cursor: str | None, size: int = paging.PAGE_SIZE) -> paging.Page[Row]:
    """One page of plans in the order asked for, in five questions whatever their number."""
    sums = _sums()
    columns = _sorts(sums)[wanted.sort]
    statement = _joined(sums, Plan, Debtor.name, Debtor.code, *(sums.c[name] for name in _COUNTED))
    statement = statement.where(*_conditions(wanted, sums))
    last = _last(cursor)
    if last is not None:
        place = db.session().execute(_joined(sums, *columns).where(Plan.id == last)).one_or_none()
        if place is not None:
            statement = statement.where(_behind(columns, place, down=wanted.down))
    order = [column.desc() if wanted.down else column.asc() for column in columns]
    found = db.session().execute(statement.order_by(*order).limit(size + 1)).all()
    shown = found[:size]
    asked_next = next_of([row[0].id for row in shown]) if shown else {}
    broken = _history({row[0].debtor_id for row in shown}, wanted.today) if shown else {}
    rows = [_row(row, asked_next, broken) for row in shown]
    more = paging.write_cursor(rows[-1].plan.id, rows[-1].plan.id) if len(found) > size else None
    return paging.Page(rows, more)


def _last(cursor: str | None) -> int | None:
    place = paging.read_cursor(cursor)
    return place[1] if place is not None and ids.is_id(place[0]) else None


def _behind(columns: Sequence[Any], place: Sequence[Any], *, down: bool) -> ColumnElement[bool]:
    """What comes after the row shown last: (column, id), both upwards or both downwards."""
    (column, row_id), (value, last) = columns, place
    if down:
        return or_(column < value, and_(column == value, row_id < last))
    return or_(column > value, and_(column == value, row_id > last))


def count(wanted: Wanted) -> int:
    sums = _sums()
    return int(db.session().scalar(_joined(sums, func.count()).where(*_conditions(wanted, sums))) or 0)


def by_risk(wanted: Wanted) -> dict[str, int]:
    """How many plans stand at each risk, the filters by state and risk left out."""
    sums = _sums()
    plain = Wanted(wanted.today, STANDING, words=wanted.words, debtor_id=wanted.debtor_id)
    counted = [func.count().filter(_of_risk(one, sums, wanted.today)) for one in risk.REASONS]
    row = db.session().execute(_joined(sums, *counted).where(*_conditions(plain, sums))).one()
    return dict(zip(risk.REASONS, map(int, row), strict=True))


def next_of(plan_ids: Sequence[int]) -> dict[int, Instalment]:
    """By plan the first instalment that is not paid."""
    wanted = (
        select(Instalment)
        .where(Instalment.plan_id.in_(plan_ids), Instalment.status.not_in((I.PAID, I.CANCELLED)))
        .order_by(Instalment.due_on.desc(), Instalment.number.desc())
    )
    return {one.plan_id: one for one in db.session().scalars(wanted)}


def _history(debtor_ids: set[int], today: date) -> dict[int, tuple[int, int]]:
    """By customer how many plans and how many promises were not kept."""
    unkept = select(Plan.debtor_id, func.count(Plan.id)).where(
        Plan.debtor_id.in_(debtor_ids), Plan.status == PlanStatus.DEFAULTED,
        Plan.status_at >= clock.now() - REMEMBERED,
    )  # fmt: skip
    broken = select(Promise.debtor_id, func.count(Promise.id)).where(
        Promise.debtor_id.in_(debtor_ids), Promise.status == PromiseStatus.BROKEN,
        Promise.pay_on >= today - PROMISE_REMEMBERED,
    )  # fmt: skip
    plans = {row[0]: int(row[1]) for row in db.session().execute(unkept.group_by(Plan.debtor_id))}
    promises = {row[0]: int(row[1]) for row in db.session().execute(broken.group_by(Promise.debtor_id))}
    return {one: (plans.get(one, 0), promises.get(one, 0)) for one in debtor_ids}


def _row(row: Any, asked_next: dict[int, Instalment], broken: dict[int, tuple[int, int]]) -> Row:
    plan, debtor, code, missing_since, part, asked, paid, count_, count_paid = row
    first = asked_next.get(plan.id) if plan.status in {*TALKING, *AGREED} else None
    unkept, not_held = broken.get(plan.debtor_id, (0, 0))
    facts = risk.Facts(missing_since, bool(part), plan.notice_on, unkept, not_held) if plan.status in AGREED else None
    return Row(
        plan, debtor, code,
        first.due_on if first is not None else None,
        Money(first.amount_minor - first.paid_minor, plan.currency) if first is not None else None,
        Money(int(asked), plan.currency), Money(int(paid), plan.currency), int(count_), int(count_paid), facts,
    )  # fmt: skip


def one(plan_id: int, today: date) -> Row | None:
    """The plan as its row in the list says it."""
    sums = _sums()
    statement = _joined(sums, Plan, Debtor.name, Debtor.code, *(sums.c[name] for name in _COUNTED))
    row = db.session().execute(statement.where(Plan.id == plan_id)).one_or_none()
    if row is None:
        return None
    return _row(row, next_of([plan_id]), _history({row[0].debtor_id}, today))


def events(plan_id: int) -> list[tuple[EventRow, str | None]]:
    """What happened to the plan and its instalments, the newest first, with the name of the colleague who did it."""
    wanted = (
        select(EventRow, Staff.name)
        .outerjoin(Staff, and_(EventRow.actor_kind == "staff", Staff.id == EventRow.actor_id))
        .where(EventRow.subject_kind == "plan", EventRow.subject_id == plan_id)
        .order_by(EventRow.seq.desc())
        .limit(MOST_EVENTS)
    )
    return [(row[0], row[1]) for row in db.session().execute(wanted)]


def days_late(debtor_id: int, today: date) -> tuple[int, int] | None:
    """By how many days after their date this customer's documents of two years were settled on average (before it
    counts as nought), and of how many; None where there was none."""
    from_on = today - timedelta(days=730)
    wanted = (
        select(DueItem.due_on, Receivable.closed_on)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(DueItem.debtor_id == debtor_id, Receivable.closed_on >= from_on)
        .order_by(DueItem.id.desc())
        .limit(200)
    )
    found = [max(0, (closed - due).days) for due, closed in db.session().execute(wanted) if closed is not None]
    return (round(sum(found) / len(found)), len(found)) if found else None
