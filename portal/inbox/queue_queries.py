"""The creditor's queue: the cases that somebody must act on, the most pressing first, and what is counted of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.cases import idle, kinds, numbers
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db
from portal.debtors.models import Debtor
from portal.invoices.models import Invoice
from portal.people.models import Staff
from portal.web import paging

TODO, LATE, WAITING, LATER, CLOSED = "todo", "late", "waiting", "later", "closed"
MINE, NOBODY = "mine", "nobody"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. `owner`: MINE with `me`, NOBODY, a person's id as text; nothing: everybody's."""

    state: str = TODO
    kind: str = ""
    desk: str = ""
    owner: str = ""
    me: int = 0
    words: str = ""
    private: bool = False  # whether the reader sees cases that few roles see (rule C-26)


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    debtor: str
    number: str | None  # of the invoice
    owner: str | None


def _state(state: str) -> ColumnElement[bool]:
    """What is to be done now is ours and not put off, or was theirs for too long: what lies idle shows itself.

    What was promised to the customer is not put off with it: once its day is over the case is back.
    """
    now = clock.now()
    awake = or_(Case.snoozed_until.is_(None), Case.snoozed_until <= now, Case.act_by <= now)
    if state == WAITING:
        return and_(Case.status == CaseStatus.THEIRS, or_(Case.act_by.is_(None), Case.act_by > now))
    if state == LATER:
        return and_(Case.status == CaseStatus.OURS, ~awake)
    if state == LATE:
        return and_(idle.is_late(now), awake)
    if state == CLOSED:
        return Case.status == CaseStatus.CLOSED
    return or_(
        and_(Case.status == CaseStatus.OURS, awake), and_(Case.status == CaseStatus.THEIRS, Case.act_by <= now)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [_state(wanted.state)]
    if wanted.kind:
        found.append(Case.kind == wanted.kind)
    if wanted.desk:
        found.append(Case.desk == wanted.desk)
    if wanted.owner == MINE:
        found.append(Case.owner_id == wanted.me)
    elif wanted.owner == NOBODY:
        found.append(idle.is_unowned())
    elif wanted.owner:
        found.append(Case.owner_id == int(wanted.owner))
    if not wanted.private:
        found.append(Case.kind.not_in(kinds.PRIVATE))
    if wanted.words:
        number = numbers.read(wanted.words)
        name = Debtor.name.icontains(wanted.words, autoescape=True)
        found.append(or_(name, Case.number == number) if number is not None else name)
    return found


_RANK = case({key: kind.rank for key, kind in kinds.KINDS.items()}, value=Case.kind, else_=0)


def page(wanted: Wanted, cursor: str | None) -> paging.Page[Row]:
    """What was promised first comes first, so that overdue answers rise; of one moment the most pressing kind, then
    the newest. What is closed, the newest first."""
    statement: Select[*tuple[Any, ...]] = (
        select(Case, Debtor.name, Invoice.number, Staff.name)
        .join(Debtor, Debtor.id == Case.debtor_id)
        .outerjoin(Invoice, Invoice.id == Case.invoice_id)
        .outerjoin(Staff, Staff.id == Case.owner_id)
        .where(*_conditions(wanted))
    )
    if wanted.state == CLOSED:
        statement = paging.after(statement, Case.status_at.expression, Case.id.expression, cursor, down=True)
    else:
        place = paging.read_cursor(cursor)
        if place is not None and isinstance(place[0], datetime):
            statement = statement.where(_behind(*place))
        statement = statement.order_by(Case.act_by, _RANK.desc(), Case.id.desc()).limit(paging.PAGE_SIZE + 1)
    rows = [Row(*row) for row in db.session().execute(statement)]
    return paging.page(
        rows, lambda row: (row.case.status_at if wanted.state == CLOSED else row.case.act_by, row.case.id)
    )


def _behind(act_by: datetime, case_id: int) -> ColumnElement[bool]:
    """What comes after the case that was shown last; of what kind it is, is looked up."""
    last = aliased(Case)
    found = case({key: kind.rank for key, kind in kinds.KINDS.items()}, value=last.kind, else_=0)
    rank = select(found).where(last.id == case_id).scalar_subquery()
    at_once = or_(rank > _RANK, and_(rank == _RANK, Case.id < case_id))
    return or_(Case.act_by > act_by, and_(Case.act_by == act_by, at_once))


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to do for everybody, what of it is late, and what of it is the reader's."""

    todo: int
    late: int
    mine: int


def counts(me: int, *, private: bool) -> Counts:
    conditions = _conditions(Wanted(private=private))
    late, mine = Case.act_by <= clock.now(), Case.owner_id == me
    counted = select(func.count(), func.count().filter(late), func.count().filter(mine)).select_from(Case)
    return Counts(*db.session().execute(counted.where(*conditions)).one())


def by_kind(*, private: bool) -> dict[str, int]:
    """How much of what is to do is of each kind, the most pressing kind first."""
    counted = select(Case.kind, func.count()).where(*_conditions(Wanted(private=private))).group_by(Case.kind)
    found = {kind: int(count) for kind, count in db.session().execute(counted)}
    return {kind: found[kind] for kind in kinds.KINDS if kind in found}


def chosen(case_ids: list[int], *, private: bool) -> list[Case]:
    """The cases that somebody ticked, as far as they may see them; locked in the order of their ids."""
    wanted = select(Case).where(Case.id.in_(case_ids))
    if not private:
        wanted = wanted.where(Case.kind.not_in(kinds.PRIVATE))
    return list(db.session().scalars(wanted.order_by(Case.id)))


def is_late(one: Case, now: datetime) -> bool:
    return one.status is not CaseStatus.CLOSED and (one.act_by is None or one.act_by <= now)
