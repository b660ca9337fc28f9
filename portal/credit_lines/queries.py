"""The line of a customer, what it is used for, and what a suggestion is reckoned from.

Use is everything open of the customer's documents in the creditor's currency, whatever its due date and whatever
holds it: what is late is a part of it and shown apart, never added to it. It is asked of the books each time and
kept nowhere. Other currencies are shown beside it and count towards no line (decision 27).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from portal.core import db
from portal.credit_lines import late
from portal.credit_lines.models import CreditAlert, CreditDecision, CreditLine, CreditLineChange, CreditRating
from portal.credit_lines.rules import LEAST_ITEMS, Facts
from portal.debtors.models import Debtor
from portal.invoices.filters import STILL_OPEN
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.web import paging

MOST = 50
YEAR = timedelta(days=365)
MOST_ITEMS = 500  # the newest due items of a year that say how somebody pays


@dataclass(frozen=True, slots=True)
class Use:
    """Minor units of one currency: all that is open, and how much of it is late."""

    open: int = 0
    late: int = 0


def uses(currency: str, today: date, only: Collection[int] | None = None) -> Any:
    """By customer (or by these alone) what is open and late, to be joined; nobody who owes nothing."""
    is_late = DueItem.due_on <= late.newest_late(today)
    return (
        select(
            DueItem.debtor_id.label("debtor_id"),
            func.sum(Receivable.open_minor).label("open"),
            func.coalesce(func.sum(Receivable.open_minor).filter(is_late), 0).label("late"),
        )
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            STILL_OPEN,
            DueItem.currency == currency,
            Invoice.withdrawn_at.is_(None),
            *() if only is None else (DueItem.debtor_id.in_(only),),
        )
        .group_by(DueItem.debtor_id)
        .subquery()
    )


def use(debtor_id: int, today: date) -> dict[str, Use]:
    """What the customer uses, by currency."""
    is_late = DueItem.due_on <= late.newest_late(today)
    rows = db.session().execute(
        select(
            DueItem.currency,
            func.sum(Receivable.open_minor),
            func.coalesce(func.sum(Receivable.open_minor).filter(is_late), 0),
        )
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(DueItem.debtor_id == debtor_id, STILL_OPEN, Invoice.withdrawn_at.is_(None))
        .group_by(DueItem.currency)
        .order_by(DueItem.currency)
    )
    return {currency: Use(int(total), int(overdue)) for currency, total, overdue in rows}


def line(debtor_id: int, *, lock: bool = False) -> CreditLine | None:
    wanted = select(CreditLine).where(CreditLine.debtor_id == debtor_id)
    wanted = wanted.execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def changes(debtor_id: int) -> list[CreditLineChange]:
    """The history of the line, the newest first."""
    wanted = select(CreditLineChange).where(CreditLineChange.debtor_id == debtor_id)
    return list(db.session().scalars(wanted.order_by(CreditLineChange.id.desc()).limit(MOST)))


def decisions(debtor_id: int) -> list[CreditDecision]:
    wanted = select(CreditDecision).where(CreditDecision.debtor_id == debtor_id)
    return list(db.session().scalars(wanted.order_by(CreditDecision.id.desc()).limit(MOST)))


def ratings(debtor_id: int) -> list[CreditRating]:
    """What was said about the customer, the newest first."""
    wanted = select(CreditRating).where(CreditRating.debtor_id == debtor_id)
    return list(
        db.session().scalars(wanted.order_by(CreditRating.rated_on.desc(), CreditRating.id.desc()).limit(MOST))
    )


def alerts(debtor_id: int) -> list[CreditAlert]:
    """The customer's alerts, those that go on first."""
    wanted = select(CreditAlert).where(CreditAlert.debtor_id == debtor_id)
    return list(db.session().scalars(wanted.order_by(CreditAlert.is_open.desc(), CreditAlert.id.desc()).limit(MOST)))


# What a suggestion is reckoned from


def facts(debtor_id: int, currency: str, today: date, score: int | None) -> Facts:
    """Turnover and punctuality of twelve months, and the newest score; rounded, so that anybody can type them in."""
    on_time, days = _punctuality(debtor_id, currency, today)
    return Facts(_turnover(debtor_id, currency, today), on_time, days, score)


def _turnover(debtor_id: int, currency: str, today: date) -> int:
    """Invoices of twelve months less credit notes; what was withdrawn was never sold."""
    signed = case((Invoice.kind == "credit_note", -Invoice.total_minor), else_=Invoice.total_minor)
    wanted = select(func.coalesce(func.sum(signed), 0)).where(
        Invoice.debtor_id == debtor_id, Invoice.currency == currency, Invoice.withdrawn_at.is_(None),
        Invoice.issued_on > today - YEAR, Invoice.issued_on <= today,
    )  # fmt: skip
    return max(0, int(db.session().scalar(wanted) or 0))


def _punctuality(debtor_id: int, currency: str, today: date) -> tuple[Decimal | None, Decimal | None]:
    """The share of due items that was paid in time, and their mean of days late, in time as nought.

    Counted are those whose last day is over. What is open and rests, for a dispute or a plan, says nothing yet.
    """
    wanted = (
        select(DueItem.due_on, Receivable.closed_on, Receivable.open_minor)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            DueItem.debtor_id == debtor_id, DueItem.currency == currency, Invoice.withdrawn_at.is_(None),
            DueItem.due_on > today - YEAR, DueItem.due_on <= late.newest_late(today),
            or_(Receivable.open_minor == 0, ~late.rests()),
        )
        .order_by(DueItem.due_on.desc(), DueItem.id.desc())
        .limit(MOST_ITEMS)
    )  # fmt: skip
    found = [
        late.days_late(due_on, today if open_minor or closed_on is None else closed_on)
        for due_on, closed_on, open_minor in db.session().execute(wanted)
    ]
    if len(found) < LEAST_ITEMS:
        return None, None
    in_time = Decimal(sum(not days for days in found)) / len(found)
    mean = Decimal(sum(found)) / len(found)
    return in_time.quantize(Decimal("0.0001")), mean.quantize(Decimal("0.01"))


# The list of customers by use


@dataclass(frozen=True, slots=True)
class Row:
    """One customer: the line (None: none) with what is open, late and on alert; minor units."""

    debtor_id: int
    name: str
    code: str
    line: int | None
    open: int
    late: int
    alerts: int


OVER, NO_LINE = "over", "none"


def page(currency: str, today: date, words: str, show: str, cursor: str | None) -> paging.Page[Row]:
    """Customers who use credit or have a line, the most use first, in one question."""
    found = uses(currency, today)
    used = func.coalesce(found.c.open, 0)
    statement = _joined(
        found, Debtor.id, Debtor.name, Debtor.code, CreditLine.amount_minor, used, func.coalesce(found.c.late, 0),
        _alerts(),
    ).where(*_conditions(found, words, show))  # fmt: skip
    rows = db.session().execute(paging.after(statement, used, Debtor.id.expression, cursor, down=True))
    return paging.page(
        [Row(row[0], row[1], row[2], row[3], int(row[4]), int(row[5]), int(row[6])) for row in rows],
        lambda row: (row.open, row.debtor_id),
    )


def _joined(found: Any, *columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(Debtor)
        .outerjoin(found, found.c.debtor_id == Debtor.id)
        .outerjoin(CreditLine, CreditLine.debtor_id == Debtor.id)
    )


def _alerts() -> ColumnElement[int]:
    counted = select(func.count(CreditAlert.id)).where(CreditAlert.debtor_id == Debtor.id, CreditAlert.is_open)
    return counted.correlate(Debtor).scalar_subquery()


def _conditions(found: Any, words: str, show: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [or_(found.c.open > 0, CreditLine.amount_minor.is_not(None))]
    if show == OVER:
        wanted.append(found.c.open > CreditLine.amount_minor)
    if show == NO_LINE:
        wanted.append(CreditLine.amount_minor.is_(None))
    if words:
        name = Debtor.name.icontains(words, autoescape=True)
        wanted.append(or_(name, Debtor.code.istartswith(words, autoescape=True)))
    return wanted


# The list of alerts


@dataclass(frozen=True, slots=True)
class Alerted:
    alert: CreditAlert
    debtor: str
    number: str | None  # of the invoice that it is about


def alert(alert_id: int, *, lock: bool = False) -> CreditAlert | None:
    wanted = select(CreditAlert).where(CreditAlert.id == alert_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def alert_page(of_kinds: Sequence[str], *, is_open: bool, cursor: str | None) -> paging.Page[Alerted]:
    """Alerts of these kinds, the newest first."""
    statement = (
        select(CreditAlert, Debtor.name, Invoice.number)
        .join(Debtor, Debtor.id == CreditAlert.debtor_id)
        .outerjoin(DueItem, DueItem.id == CreditAlert.cause_id)
        .outerjoin(Invoice, Invoice.id == DueItem.invoice_id)
        .where(CreditAlert.is_open.is_(is_open), CreditAlert.kind.in_(of_kinds))
    )
    last = paging.read_cursor(cursor)
    if last is not None:
        statement = statement.where(CreditAlert.id < last[1])
    rows = db.session().execute(statement.order_by(CreditAlert.id.desc()).limit(paging.PAGE_SIZE + 1))
    return paging.page([Alerted(*row) for row in rows], lambda row: (row.alert.id, row.alert.id))


def open_alerts() -> int:
    wanted = select(func.count(CreditAlert.id)).where(CreditAlert.is_open)
    return int(db.session().scalar(wanted) or 0)


def codes(wanted: Sequence[str]) -> dict[str, int]:
    """The customers behind these codes; whose code is not there is somebody else's, or nobody's."""
    found: dict[str, int] = {}
    for begin in range(0, len(wanted), 500):
        some = wanted[begin : begin + 500]
        rows = db.session().execute(select(Debtor.code, Debtor.id).where(Debtor.code.in_(some)))
        found |= {row[0]: row[1] for row in rows}
    return found


def ratings_of(debtor_ids: Sequence[int]) -> dict[tuple[int, str, date], CreditRating]:
    """What is kept about these customers, by whom it is about, its source and its day."""
    found: dict[tuple[int, str, date], CreditRating] = {}
    for begin in range(0, len(debtor_ids), 500):
        wanted = select(CreditRating).where(CreditRating.debtor_id.in_(debtor_ids[begin : begin + 500]))
        found |= {(one.debtor_id, one.source, one.rated_on): one for one in db.session().scalars(wanted)}
    return found
