"""What lies idle: open past its day, with nobody to see to it, or resting while no case says who ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from portal.cases import queries
from portal.cases.kinds import ABOUT_A_DOCUMENT, PRIVATE
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, scope
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger.models import Receivable

NOTE_EXPECTED_WITHIN = timedelta(days=14)  # the creditor's system sends it; then somebody has to ask where it stays


@dataclass(frozen=True, slots=True)
class Counts:
    """`late` and `unowned` are open cases; `resting` are documents that wait for a person and have no case."""

    late: int
    unowned: int
    resting: int


def is_late(now: datetime) -> ColumnElement[bool]:
    """That whoever acts next has let their day pass, or has none."""
    return and_(Case.status != CaseStatus.CLOSED, or_(Case.act_by.is_(None), Case.act_by <= now))


def is_unowned() -> ColumnElement[bool]:
    return and_(*queries.is_without_owner(scope.current().creditor_id))


def counts(*, private: bool) -> Counts:
    """How much lies idle with the creditor in scope; `private`: also of what few may know (rule C-26)."""
    seen = () if private else (Case.kind.not_in(sorted(PRIVATE)),)
    asked = (
        select(func.count()).select_from(Case).where(is_late(clock.now()), *seen),
        select(func.count()).select_from(Case).where(is_unowned(), *seen),
        select(func.count()).select_from(_resting().subquery()),
    )
    return Counts(*db.session().execute(select(*(one.scalar_subquery() for one in asked))).one())


def _resting() -> Select[int, str]:
    """Documents that rest without an end and without a case: nobody would ever ask for them again."""
    about = and_(Case.invoice_id == DueItem.invoice_id, Case.kind.in_(sorted(ABOUT_A_DOCUMENT)))
    has_case = exists().where(Case.status != CaseStatus.CLOSED, or_(Case.subject_id == Hold.source_id, about))
    return (
        select(DueItem.invoice_id, Invoice.number)
        .join(Hold, Hold.due_item_id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(
            holds.running(),
            Hold.until.is_(None),
            Hold.reason.not_in(sorted(holds.WITH_THE_BANK | holds.FOLLOWED)),
            or_(Hold.reason != holds.CREDIT_EXPECTED, Hold.since <= clock.now() - NOTE_EXPECTED_WITHIN),
            Receivable.open_minor > 0,
            Invoice.withdrawn_at.is_(None),
            ~has_case,
        )
        .distinct()
    )


def cases() -> list[Case]:
    """Those past their day and those without an owner, the one that waits longest first."""
    found = select(Case).where(or_(is_late(clock.now()), is_unowned())).order_by(Case.act_by, Case.id)
    return list(db.session().scalars(found))


def resting() -> list[str]:
    """The numbers of the documents that rest without a case."""
    return sorted({number for _, number in db.session().execute(_resting())})
