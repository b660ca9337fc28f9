"""Cases and what was written in them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from portal.cases.events import CaseClosed
from portal.cases.kinds import ABOUT_A_DOCUMENT, INTERNAL, PRIVATE
from portal.cases.models import CUSTOMER, Case, CaseEntry
from portal.cases.states import CaseStatus
from portal.core import clock, db, scope
from portal.core.events import EventRow
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold
from portal.people import queries as people
from portal.people.roles import Permission


def case(case_id: int) -> Case | None:
    return db.session().scalars(select(Case).where(Case.id == case_id)).one_or_none()


def about(kind: str, subject_id: int) -> Case | None:
    """The newest case about a feature's row."""
    found = select(Case).where(Case.kind == kind, Case.subject_id == subject_id).order_by(Case.id.desc()).limit(1)
    return db.session().scalars(found).one_or_none()


def open_of_kind(debtor_id: int, kind: str) -> Case | None:
    """The customer's newest open case of that kind."""
    found = select(Case).where(Case.debtor_id == debtor_id, Case.kind == kind, Case.status != CaseStatus.CLOSED)
    return db.session().scalars(found.order_by(Case.id.desc()).limit(1)).one_or_none()


def open_about_document(invoice_id: int) -> list[Case]:
    """What did not arrive or is not right about an invoice, and is still open; the oldest first."""
    found = select(Case).where(
        Case.invoice_id == invoice_id,
        Case.kind.in_(sorted(ABOUT_A_DOCUMENT)),
        Case.status != CaseStatus.CLOSED,
    )
    return list(db.session().scalars(found.order_by(Case.id)))


_HELD = (
    select(Hold.source_id.label("source_id"), DueItem.invoice_id.label("invoice_id"))
    .join(DueItem, DueItem.id == Hold.due_item_id)
    .where(
        DueItem.debtor_id == bindparam("debtor_id"),
        holds.running(bindparam("now", callable_=clock.now, type_=db.Instant())),
    )
    .distinct()
    .subquery()
)
_OPEN = (
    select(Case, _HELD.c.invoice_id)
    .outerjoin(_HELD, _HELD.c.source_id == Case.subject_id)
    .where(
        Case.debtor_id == bindparam("debtor_id"),
        Case.status != CaseStatus.CLOSED,
        Case.kind.not_in(sorted(PRIVATE | INTERNAL)),
    )
)


def open_with_documents(debtor_id: int) -> list[tuple[Case, int | None]]:
    """What a customer said and still waits, each with a document that rests for it besides its own."""
    rows = db.session().execute(scope.prepared(_OPEN), {"debtor_id": debtor_id})
    return [(case, invoice_id) for case, invoice_id in rows]


def without_owner(creditor_id: int) -> dict[str, list[Case]]:
    """Open cases that nobody owns, or whose owner has left or may not see to them any more; by kind."""
    found: dict[str, list[Case]] = {}
    for case in db.session().scalars(select(Case).where(*is_without_owner(creditor_id)).order_by(Case.id)):
        found.setdefault(case.kind, []).append(case)
    return found


def is_without_owner(creditor_id: int) -> tuple[ColumnElement[bool], ...]:
    """That a case is open and nobody owns it who may see to it today."""
    many, few = (people.may_now(creditor_id, one) for one in (Permission.ANSWER, Permission.HARDSHIP))
    nobody = or_(
        Case.owner_id.is_(None),
        Case.owner_id.not_in(many),
        and_(Case.kind.in_(sorted(PRIVATE)), Case.owner_id.not_in(few)),
    )
    return Case.status != CaseStatus.CLOSED, nobody


def entries(case_id: int) -> Sequence[CaseEntry]:
    """What was written in it, the oldest first."""
    return db.session().scalars(select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.id)).all()


def last_entry(case_id: int) -> CaseEntry | None:
    """What was written in it last."""
    found = select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.id.desc()).limit(1)
    return db.session().scalars(found).one_or_none()


def waits_for_words(case: Case) -> bool:
    """Whether the customer's last words in it have no answer yet, and nobody closed it since.

    What was said at the door waits for nobody: no answer would reach its author.
    """
    if case.status is not CaseStatus.OURS or case.at_the_door:
        return False
    last = last_entry(case.id)
    if last is None or last.author != CUSTOMER:
        return False
    closed = select(func.max(EventRow.at)).where(
        EventRow.subject_kind == "case", EventRow.subject_id == case.id, EventRow.name == CaseClosed.name
    )
    closed_at = db.session().scalar(closed)
    return closed_at is None or closed_at < last.at


def of_debtor(debtor_id: int, invoice_id: int | None = None, limit: int = 20) -> list[Case]:
    """The customer's cases, open ones first, then the newest; of one invoice where the link opens only that."""
    wanted = select(Case).where(Case.debtor_id == debtor_id)
    if invoice_id is not None:
        wanted = wanted.where(Case.invoice_id == invoice_id)
    closed = Case.status == CaseStatus.CLOSED
    return list(db.session().scalars(wanted.order_by(closed, Case.id.desc()).limit(limit)))


def last_act(case_id: int) -> EventRow | None:
    """What either side did in it last."""
    found = select(EventRow).where(EventRow.subject_kind == "case", EventRow.subject_id == case_id)
    return db.session().scalars(found.order_by(EventRow.seq.desc()).limit(1)).one_or_none()
