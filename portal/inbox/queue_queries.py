"""The creditor's queue: the cases that somebody must act on, the most pressing first, and what is counted of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.cases import kinds, numbers
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db
from portal.debtors.models import Debtor
from portal.invoices.models import Invoice
from portal.people.models import Staff
from portal.web import paging

TODO, WAITING, LATER, CLOSED = "todo", "waiting", "later", "closed"
MINE = "mine"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. `owner`: MINE with `me`, a person's id as text, or nothing for everybody's."""

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
    """What is to be done now is ours and not put off, or was theirs for too long: what lies idle shows itself."""
    now = clock.now()
    awake = or_(Case.snoozed_until.is_(None), Case.snoozed_until <= now)
    if state == WAITING:
        return and_(Case.status == CaseStatus.THEIRS, or_(Case.act_by.is_(None), Case.act_by > now))
    if state == LATER:
        return and_(Case.status == CaseStatus.OURS, ~awake)
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
    elif wanted.owner:
        found.append(Case.owner_id == int(wanted.owner))
    if not wanted.private:
        found.append(Case.kind.not_in(kinds.PRIVATE))
    if wanted.words:
        number = numbers.read(wanted.words)
        name = Debtor.name.icontains(wanted.words, autoescape=True)
        found.append(or_(name, Case.number == number) if number is not None else name)
    return found


def page(wanted: Wanted, cursor: str | None) -> paging.Page[Row]:
    """What is due first comes first; what is closed, the newest first."""
    statement: Select[*tuple[Any, ...]] = (
        select(Case, Debtor.name, Invoice.number, Staff.name)
        .join(Debtor, Debtor.id == Case.debtor_id)
        .outerjoin(Invoice, Invoice.id == Case.invoice_id)
        .outerjoin(Staff, Staff.id == Case.owner_id)
        .where(*_conditions(wanted))
    )
    ended = wanted.state == CLOSED
    column = Case.status_at if ended else Case.act_by
    statement = paging.after(statement, column.expression, Case.id.expression, cursor, down=ended)
    rows = [Row(*row) for row in db.session().execute(statement)]
    return paging.page(rows, lambda row: (row.case.status_at if ended else row.case.act_by, row.case.id))


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


def chosen(case_ids: list[int], *, private: bool) -> list[Case]:
    """The cases that somebody ticked, as far as they may see them; locked in the order of their ids."""
    wanted = select(Case).where(Case.id.in_(case_ids))
    if not private:
        wanted = wanted.where(Case.kind.not_in(kinds.PRIVATE))
    return list(db.session().scalars(wanted.order_by(Case.id)))


def is_late(case: Case, now: datetime) -> bool:
    return case.status is not CaseStatus.CLOSED and case.act_by is not None and case.act_by <= now
