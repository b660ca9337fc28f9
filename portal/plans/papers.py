"""The evidence pack of an accepted plan (rule C-43): kept within minutes, its hashes in the chain, a copy told of.

What was so is gathered in the transaction of the acceptance; once that has its place in the chain a job adds it,
makes the PDF and writes to the customer where both are.
"""

import hashlib
import json

from sqlalchemy import select

from portal.core import clock, db, events, ids, outbox
from portal.core.events import EventRow
from portal.debtors import letters
from portal.documents import seals, store
from portal.documents.models import StoredFile
from portal.plans import evidence, paper_pdf, queries
from portal.plans.events import PlanAccepted
from portal.plans.models import PlanPaper
from portal.plans.paper_events import PlanEvidenceKept, PlanEvidenceSealed

KEEP, SEAL = "plans.evidence", "plans.seal"  # the jobs
AGREED = "plan_agreed"  # the mail
ACCEPTED, KEPT = PlanAccepted.name, PlanEvidenceKept.name


def gather(happened: PlanAccepted, _event_id: int) -> None:
    """Keeps what is so at this moment, before anything of it can change, and has the papers made."""
    plan = queries.plan(happened.plan_id)
    if plan is None:
        return
    made = PlanPaper(
        id=ids.new_id(),
        debtor_id=plan.debtor_id,
        plan_id=plan.id,
        json=evidence.written(evidence.gathered(plan)),
    )
    db.session().add(made)
    db.session().flush()
    outbox.put(KEEP, plan.id)


def keep(plan_id: int) -> None:
    """Makes both papers and tells the customer; a second time changes nothing."""
    paper = of_plan(plan_id, lock=True)
    plan, record = queries.plan(plan_id), _acceptance(plan_id)
    if paper is None or paper.made_at is not None or plan is None or record is None:
        return
    paper.json = evidence.written(evidence.with_place(json.loads(paper.json), record))
    paper.json_sha256 = hashlib.sha256(paper.json.encode()).hexdigest()
    file = store.keep(paper_pdf.made(paper.json), f"agreement-{ids.spell(plan_id)}.pdf", "application/pdf")
    paper.file_id, paper.pdf_sha256, paper.made_at = file.id, file.sha256, clock.now()
    events.record(
        PlanEvidenceKept(
            plan_id=plan_id, debtor_id=paper.debtor_id, json_sha256=paper.json_sha256, pdf_sha256=file.sha256
        )
    )
    db.session().flush()
    if seals.is_on():  # apart, so that no authority keeps the customer waiting for a copy
        outbox.put(SEAL, plan_id)
    letters.tell(AGREED, plan.debtor_id, invoice_id=plan.invoice_id, params={"plan": ids.spell(plan_id)})


def to_seal(plan_id: int) -> bytes | None:
    """The PDF that is to be sealed; nothing where it is already, or is no more."""
    paper = of_plan(plan_id)
    file = file_of(paper) if paper is not None and paper.seal_file_id is None else None
    return store.content(file) if file is not None else None


def keep_sealed(plan_id: int, content: bytes) -> None:
    """Keeps the sealed PDF beside the other; a second time changes nothing."""
    paper = of_plan(plan_id, lock=True)
    if paper is None or paper.seal_file_id is not None:
        return
    file = store.keep(content, f"agreement-{ids.spell(plan_id)}-sealed.pdf", "application/pdf")
    paper.seal_file_id, paper.seal_at = file.id, clock.now()
    events.record(PlanEvidenceSealed(plan_id=plan_id, debtor_id=paper.debtor_id, sealed_sha256=file.sha256))


def _acceptance(plan_id: int) -> EventRow | None:
    """The record of the acceptance; a plan is accepted once."""
    about = (EventRow.subject_kind == PlanAccepted.about, EventRow.subject_id == plan_id)
    wanted = select(EventRow).where(EventRow.name == PlanAccepted.name, *about)
    return db.session().scalars(wanted.order_by(EventRow.seq).limit(1)).one_or_none()


def of_plan(plan_id: int, *, lock: bool = False) -> PlanPaper | None:
    """The evidence of the plan, perhaps not made yet; none before it is accepted, or when its time is over."""
    wanted = select(PlanPaper).where(PlanPaper.plan_id == plan_id)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def file_of(paper: PlanPaper) -> StoredFile | None:
    """The PDF; none while it is being made."""
    return store.row(paper.file_id) if paper.file_id is not None else None


def sealed_file_of(paper: PlanPaper) -> StoredFile | None:
    """The PDF with the seal; none where the installation has none, or not yet."""
    return store.row(paper.seal_file_id) if paper.seal_file_id is not None else None
