"""Disputes, and what the page to contest an invoice shows; few statements, for debtors wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db
from portal.disputes.models import Dispute, DisputeLine
from portal.disputes.states import UNDER_WAY
from portal.documents.models import StoredFile
from portal.invoices.models import Hold, Invoice


def dispute(dispute_id: int) -> Dispute | None:
    return db.session().scalars(select(Dispute).where(Dispute.id == dispute_id)).one_or_none()


def locked(dispute_id: int) -> Dispute:
    """The row, for this transaction alone to change."""
    return db.session().get_one(Dispute, dispute_id, with_for_update=True, populate_existing=True)


def debtor_of(dispute_id: int) -> int:
    return db.session().scalars(select(Dispute.debtor_id).where(Dispute.id == dispute_id)).one()


def under_way(invoice_id: int) -> Dispute | None:
    """The one that is open about an invoice."""
    found = select(Dispute).where(Dispute.invoice_id == invoice_id, Dispute.status.in_(sorted(UNDER_WAY)))
    return db.session().scalars(found).one_or_none()


def of_invoice(invoice_id: int, *, lock: bool = False) -> list[Dispute]:
    """All that were raised about an invoice, the oldest first; with `lock` for this transaction alone to change."""
    wanted = select(Dispute).where(Dispute.invoice_id == invoice_id).order_by(Dispute.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return list(db.session().scalars(wanted))


def running_holds(item_ids: Sequence[int], reasons: Sequence[str]) -> list[Hold]:
    """What rests of these due items for one of these reasons, the oldest first."""
    running = select(Hold).where(Hold.due_item_id.in_(item_ids), Hold.reason.in_(reasons), Hold.ended_at.is_(None))
    return list(db.session().scalars(running.order_by(Hold.id)))


def with_file(invoice_id: int) -> tuple[Invoice, StoredFile | None] | None:
    """The invoice and the e-invoice it came in."""
    row = (
        db.session()
        .execute(
            select(Invoice, StoredFile)
            .outerjoin(
                StoredFile,
                and_(StoredFile.id == Invoice.file_id, StoredFile.creditor_id == Invoice.creditor_id),
            )
            .where(Invoice.id == invoice_id)
        )
        .one_or_none()
    )
    return (row[0], row[1]) if row is not None else None


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What is open about an invoice already: the case of a dispute, and the words of an answer about its receipt."""

    case_id: int | None
    words: str


def said_before(invoice_id: int) -> SaidBefore:
    cases = db.session().scalars(
        select(Case)
        .where(
            Case.invoice_id == invoice_id,
            Case.kind.in_((kinds.DISPUTE, kinds.PROBLEM)),
            Case.status != CaseStatus.CLOSED,
        )
        .order_by(Case.id.desc())
    )
    found = list(cases)
    dispute = next((one for one in found if one.kind == kinds.DISPUTE), None)
    problem = next((one for one in found if one.kind == kinds.PROBLEM), None)
    return SaidBefore(dispute.id if dispute else None, (problem.words or "") if problem else "")


def case_of(dispute_id: int) -> Case:
    """Where its words stand, who owns it and by when somebody acts: every dispute has one."""
    return db.session().scalars(select(Case).where(Case.kind == kinds.DISPUTE, Case.subject_id == dispute_id)).one()


def lines(dispute_id: int) -> Sequence[DisputeLine]:
    found = select(DisputeLine).where(DisputeLine.dispute_id == dispute_id)
    return db.session().scalars(found.order_by(DisputeLine.number)).all()
