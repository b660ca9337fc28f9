"""The register of excuses: each reason not to pay, typed and dated, and whether it was gone before the due date.

Most became a case and stand as that; a reason that led to none (“I forgot”) stands as the fact that it is.
"""

import heapq
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, true

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db, ids, scope
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.reasons import rules as reasons
from portal.reasons.models import Reason
from portal.web import paging

# What stands between a document and its payment; a question or a call is no excuse.
EXCUSES = (*(kinds.NOT_RECEIVED, kinds.PROBLEM, kinds.DISPUTE, kinds.ALREADY_PAID, kinds.DIFFICULTY, kinds.PROMISE),)
_CLOSED = Case.status == CaseStatus.CLOSED
_BEFORE_DUE = or_(Case.due_on.is_(None), Case.closed_on <= Case.due_on)


@dataclass(frozen=True, slots=True)
class Period:
    """What was said since an instant, or until the end of a day; what was gone later than that day still stood."""

    since: datetime
    until: datetime | None = None
    day: date | None = None

    @classmethod
    def of_days(cls, first: date, last: date, zone: str) -> "Period":
        begins, ends = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (first, last + timedelta(days=1)))
        return cls(begins, ends, last)

    def said(self, at: Any) -> ColumnElement[bool]:
        return at >= self.since if self.until is None else and_(at >= self.since, at < self.until)

    def gone(self, on: Any) -> ColumnElement[bool]:
        return true() if self.day is None else on <= self.day

    def known(self, gone_on: date | None) -> date | None:
        return None if gone_on is not None and self.day is not None and gone_on > self.day else gone_on


# Any period, its bounds given when it is asked.
_SINCE: Any = bindparam("since")
_ASKED, _ASKED_ENDS = Period(_SINCE), Period(_SINCE, cast(Any, bindparam("until")), cast(Any, bindparam("day")))


@dataclass(frozen=True, slots=True)
class Row:
    """One excuse: its case, or the fact alone. `gone_on`: none while it stands."""

    id: int
    said_at: datetime
    kind: str  # of portal.cases.kinds, or SAID
    cause: str | None
    debtor_id: int
    debtor: str
    number: str | None  # of the invoice
    due_on: date | None
    gone_on: date | None
    case: Case | None = None

    @property
    def in_time(self) -> bool | None:
        """Whether it was gone before its due date was over; None while it stands."""
        if self.gone_on is None:
            return None
        return self.due_on is None or self.gone_on <= self.due_on


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one cause: how often it was said, how often it is gone, and how often before the due date."""

    kind: str
    cause: str | None
    said: int
    gone: int
    in_time: int


SAID = "said"  # the kind of what led to no case: an answer to “why is it still open?”


def _told(period: Period, *, private: bool) -> tuple[ColumnElement[bool], ...]:
    seen = [kind for kind in EXCUSES if private or kind not in kinds.PRIVATE]
    return Case.kind.in_(seen), period.said(Case.opened_at)


def _facts(period: Period, *, private: bool) -> tuple[ColumnElement[bool], ...]:
    """Answers that led to no case: one that did stands as its case."""
    seen = [one for one in reasons.REASONS if private or one not in reasons.PRIVATE]
    became = exists().where(Case.visit_id == Reason.visit_id, Case.kind.in_(EXCUSES))
    return Reason.reason.in_(seen), period.said(Reason.given_at), ~became


def _its_items(what: Any) -> Any:
    """`what` of the due items that an answer was about: those of its document, else all that there were then."""
    return (
        select(what)
        .select_from(DueItem)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(
            DueItem.debtor_id == Reason.debtor_id,
            or_(
                DueItem.invoice_id == Reason.invoice_id,
                and_(Reason.invoice_id.is_(None), Invoice.imported_at <= Reason.given_at),
            ),
            Invoice.withdrawn_at.is_(None),
        )
        .correlate(Reason)
        .scalar_subquery()
    )


_OPEN = _its_items(func.coalesce(func.sum(Receivable.open_minor), 0))
_CLOSED_ON, _DUE_ON = _its_items(func.max(Receivable.closed_on)), _its_items(func.max(DueItem.due_on))


def page(period: Period, cursor: str | None, *, kind: str = "", cause: str = "", private: bool) -> paging.Page[Row]:
    """Every excuse of the period, the newest first; of one kind, and of what was only said, of one cause."""
    place = paging.read_cursor(cursor)
    last = place[1] if place is not None and ids.is_id(place[0]) else None
    found = [] if kind == SAID else _cases(period, last, kind, private=private)
    said = [] if kind not in {"", SAID} else _said(period, last, cause, private=private)
    merged = heapq.merge(found, said, key=lambda row: row.id, reverse=True)
    return paging.page(list(merged)[: paging.PAGE_SIZE + 1], lambda row: (row.id, row.id))


def _cases(period: Period, last: int | None, kind: str, *, private: bool) -> list[Row]:
    statement: Select[*tuple[Any, ...]] = (
        select(Case, Debtor.name, Invoice.number)
        .join(Debtor, Debtor.id == Case.debtor_id)
        .outerjoin(Invoice, Invoice.id == Case.invoice_id)
        .where(*_told(period, private=private))
    )
    if kind:
        statement = statement.where(Case.kind == kind)
    if last is not None:
        statement = statement.where(Case.id < last)
    rows = db.session().execute(statement.order_by(Case.id.desc()).limit(paging.PAGE_SIZE + 1))
    return [_of_case(period, *row) for row in rows]


def _of_case(period: Period, case: Case, debtor: str, number: str | None) -> Row:
    gone_on = period.known(case.closed_on) if case.status is CaseStatus.CLOSED else None
    return Row(case.id, case.opened_at, case.kind, case.cause, case.debtor_id, debtor, number, case.due_on, gone_on,
               case)  # fmt: skip


def _said(period: Period, last: int | None, cause: str, *, private: bool) -> list[Row]:
    statement: Select[*tuple[Any, ...]] = (
        select(Reason, Debtor.name, Invoice.number, _OPEN, _CLOSED_ON, _DUE_ON)
        .join(Debtor, Debtor.id == Reason.debtor_id)
        .outerjoin(Invoice, Invoice.id == Reason.invoice_id)
        .where(*_facts(period, private=private))
    )
    if cause:
        statement = statement.where(Reason.reason == cause)
    if last is not None:
        statement = statement.where(Reason.id < last)
    rows = db.session().execute(statement.order_by(Reason.id.desc()).limit(paging.PAGE_SIZE + 1))
    return [
        Row(one.id, one.given_at, SAID, one.reason, one.debtor_id, debtor, number, due_on,
            None if still_open else period.known(closed_on))
        for one, debtor, number, still_open, closed_on, due_on in rows
    ]  # fmt: skip


@cache
def _by_case(*, private: bool, ends: bool) -> Any:
    """Built once of each kind (portal.core.scope.prepared): to build it costs more than to ask it."""
    period = _ASKED_ENDS if ends else _ASKED
    closed = and_(_CLOSED, period.gone(Case.closed_on))
    return (
        select(
            Case.kind,
            Case.cause,
            func.count(),
            func.count().filter(closed),
            func.count().filter(and_(closed, _BEFORE_DUE)),
        )
        .where(*_told(period, private=private))
        .group_by(Case.kind, Case.cause)
    )


@cache
def _by_fact(*, private: bool, ends: bool) -> Any:
    period = _ASKED_ENDS if ends else _ASKED
    told = (
        select(Reason.reason, _OPEN.label("open"), _CLOSED_ON.label("closed_on"), _DUE_ON.label("due_on"))
        .where(*_facts(period, private=private))
        .subquery()
    )
    gone = and_(told.c.open == 0, told.c.closed_on.is_not(None), period.gone(told.c.closed_on))
    return select(
        told.c.reason,
        func.count(),
        func.count().filter(gone),
        func.count().filter(and_(gone, told.c.closed_on <= told.c.due_on)),
    ).group_by(told.c.reason)


def figures(period: Period, *, private: bool) -> list[Figure]:
    """By cause, the most frequent first."""
    ends = period.until is not None
    values = {"since": period.since, "until": period.until, "day": period.day} if ends else {"since": period.since}
    found = [Figure(*row) for row in _asked(_by_case(private=private, ends=ends), values)]
    found += [Figure(SAID, *row) for row in _asked(_by_fact(private=private, ends=ends), values)]
    return sorted(found, key=lambda one: (-one.said, one.kind, one.cause or ""))


def _asked(statement: Any, values: dict[str, Any]) -> Any:
    return db.session().execute(scope.prepared(statement), values)
