"""Cases and what was written in them."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.cases.models import Case, CaseEntry
from portal.cases.states import CaseStatus
from portal.core import db


def case(case_id: int) -> Case | None:
    return db.session().scalars(select(Case).where(Case.id == case_id)).one_or_none()


def about(kind: str, subject_id: int) -> Case | None:
    """The newest case about a feature's row."""
    found = select(Case).where(Case.kind == kind, Case.subject_id == subject_id).order_by(Case.id.desc()).limit(1)
    return db.session().scalars(found).one_or_none()


def entries(case_id: int) -> Sequence[CaseEntry]:
    """What was written in it, the oldest first."""
    return db.session().scalars(select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.id)).all()


def of_debtor(debtor_id: int, invoice_id: int | None = None, limit: int = 20) -> list[Case]:
    """The customer's cases, open ones first, then the newest; of one invoice where the link opens only that."""
    wanted = select(Case).where(Case.debtor_id == debtor_id)
    if invoice_id is not None:
        wanted = wanted.where(Case.invoice_id == invoice_id)
    closed = Case.status == CaseStatus.CLOSED
    return list(db.session().scalars(wanted.order_by(closed, Case.id.desc()).limit(limit)))


def last_by_staff(case_id: int) -> CaseEntry | None:
    """What one of the creditor's people wrote last."""
    found = select(CaseEntry).where(CaseEntry.case_id == case_id, CaseEntry.author == "staff")
    return db.session().scalars(found.order_by(CaseEntry.id.desc()).limit(1)).one_or_none()
