"""The register of excuses: each reason not to pay, typed and dated, and whether it was gone before the due date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db
from portal.debtors.models import Debtor
from portal.invoices.models import Invoice
from portal.web import paging

# What stands between a document and its payment; a question or a call is no excuse.
EXCUSES = (kinds.NOT_RECEIVED, kinds.PROBLEM, kinds.DISPUTE, kinds.ALREADY_PAID, kinds.DIFFICULTY)
_CLOSED = Case.status == CaseStatus.CLOSED
IN_TIME: ColumnElement[bool] = and_(_CLOSED, or_(Case.due_on.is_(None), Case.closed_on <= Case.due_on))


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    debtor: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one cause: how often it was said, how often it is gone, and how often before the due date."""

    kind: str
    cause: str | None
    said: int
    gone: int
    in_time: int


def _told(since: datetime, *, private: bool) -> tuple[ColumnElement[bool], ...]:
    seen = [kind for kind in EXCUSES if private or kind not in kinds.PRIVATE]
    return Case.kind.in_(seen), Case.opened_at >= since


def page(since: datetime, cursor: str | None, *, kind: str = "", private: bool) -> paging.Page[Row]:
    """Every excuse since then, the newest first."""
    statement: Select[*tuple[Any, ...]] = (
        select(Case, Debtor.name, Invoice.number)
        .join(Debtor, Debtor.id == Case.debtor_id)
        .outerjoin(Invoice, Invoice.id == Case.invoice_id)
        .where(*_told(since, private=private))
    )
    if kind:
        statement = statement.where(Case.kind == kind)
    statement = paging.after(statement, Case.opened_at.expression, Case.id.expression, cursor, down=True)
    rows = [Row(*row) for row in db.session().execute(statement)]
    return paging.page(rows, lambda row: (row.case.opened_at, row.case.id))


def figures(since: datetime, *, private: bool) -> list[Figure]:
    """By cause, the most frequent first."""
    counted = (
        select(
            Case.kind,
            Case.cause,
            func.count(),
            func.count().filter(_CLOSED),
            func.count().filter(IN_TIME),
        )
        .where(*_told(since, private=private))
        .group_by(Case.kind, Case.cause)
        .order_by(func.count().desc(), Case.kind, Case.cause)
    )
    return [Figure(*row) for row in db.session().execute(counted)]


def is_in_time(case: Case) -> bool | None:
    """Whether it was gone before its due date was over; None while it is open."""
    if case.status is not CaseStatus.CLOSED or case.closed_on is None:
        return None
    return case.due_on is None or case.closed_on <= case.due_on
