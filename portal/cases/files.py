"""What a customer adds to a case: papers and photos, kept with it, as many as it may have."""

from collections.abc import Sequence

from sqlalchemy import and_, select

from portal.cases import events as happened
from portal.cases.models import Case, CaseFile
from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.debtors.visits import Current
from portal.documents import evidence, store
from portal.documents.models import StoredFile


def keep(visit: Current, case: Case, files: Sequence[evidence.Checked]) -> None:
    """Keeps them with the case. Raises NotAllowedNow where they are more than one may have."""
    if not files:
        return
    why_not = evidence.why_not_so_many(len(files), len(of(case.id)))
    if why_not is not None:
        raise NotAllowedNow(why_not)
    for one in files:
        kept = store.keep(one.content, one.name, one.media_type)
        db.session().add(
            CaseFile(
                id=ids.new_id(),
                debtor_id=case.debtor_id,
                case_id=case.id,
                visit_id=visit.id,
                file_id=kept.id,
                name=one.name,
                media_type=one.media_type,
                bytes=len(one.content),
                scanned=one.scanned,
                added_at=clock.now(),
            )
        )
    db.session().flush()
    events.record(happened.CaseFilesAdded(case_id=case.id, debtor_id=case.debtor_id, files=len(files)))


def of(case_id: int) -> Sequence[CaseFile]:
    """The files of a case, the first one first."""
    return db.session().scalars(select(CaseFile).where(CaseFile.case_id == case_id).order_by(CaseFile.id)).all()


def one(case_id: int, case_file_id: int) -> tuple[CaseFile, StoredFile] | None:
    """One of them with its content's row; None once that is gone."""
    contents = and_(StoredFile.id == CaseFile.file_id, StoredFile.creditor_id == CaseFile.creditor_id)
    wanted = select(CaseFile, StoredFile).join(StoredFile, contents)
    row = db.session().execute(wanted.where(CaseFile.id == case_file_id, CaseFile.case_id == case_id)).one_or_none()
    return (row[0], row[1]) if row is not None else None
