"""Finding imports, the rows of their reports, and what the queue says of one that runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, or_, select

from portal.core import db, outbox
from portal.core.outbox import OutboxRow
from portal.imports import actions
from portal.imports.models import ImportBatch, ImportRow
from portal.imports.states import BatchStatus
from portal.people.models import Staff
from portal.web import paging

OUTCOMES = ("created", "changed", "refused", "warning")
_MOST_EARLIER = 200
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Past:
    """An import with the name of who brought it in; none for one from the command line."""

    batch: ImportBatch
    who: str | None


def batch(batch_id: int) -> ImportBatch | None:
    """The import within the scope, or None."""
    return db.session().scalars(select(ImportBatch).where(ImportBatch.id == batch_id)).one_or_none()


def who_brought(found: ImportBatch) -> str | None:
    return db.session().scalar(select(Staff.name).where(Staff.id == found.staff_id)) if found.staff_id else None


def past(cursor: str | None) -> paging.Page[Past]:
    """Every import, the newest first."""
    statement = select(ImportBatch).order_by(ImportBatch.id.desc()).limit(paging.PAGE_SIZE + 1)
    last_id = _last_id(cursor)
    if last_id is not None:
        statement = statement.where(ImportBatch.id < last_id)
    found = db.session().scalars(statement).all()
    staff_ids = {row.staff_id for row in found if row.staff_id is not None}
    names = {one.id: one.name for one in db.session().scalars(select(Staff).where(Staff.id.in_(staff_ids)))}
    return paging.page([Past(row, names.get(row.staff_id or 0)) for row in found], lambda one: _place(one.batch.id))


def rows(batch_id: int, outcome: str | None, cursor: str | None) -> paging.Page[ImportRow]:
    """A page of the report, in the files' order; of one outcome where it is named."""
    statement = select(ImportRow).where(ImportRow.batch_id == batch_id)
    if outcome is not None:
        statement = statement.where(ImportRow.outcome == outcome)
    statement = statement.where(ImportRow.id > (_last_id(cursor) or 0)).order_by(ImportRow.id)
    found = db.session().scalars(statement.limit(paging.PAGE_SIZE + 1)).all()
    return paging.page(found, lambda row: _place(row.id))


def _place(row_id: int) -> tuple[int, int]:
    """Both lists are in the order of their ids: a cursor is one id, twice."""
    return row_id, row_id


def _last_id(cursor: str | None) -> int | None:
    """The id behind a cursor; one that anybody has made up is none, before a database stumbles over it."""
    place = paging.read_cursor(cursor)
    return place[1] if place is not None and 0 < place[1] <= _LARGEST_ID else None


def rows_behind(batch_id: int, last_id: int, limit: int) -> Sequence[ImportRow]:
    """The next rows of the report behind one of them, for writing all of it out."""
    behind = select(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.id > last_id)
    return db.session().scalars(behind.order_by(ImportRow.id).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Before:
    """A file of an import that came before, byte for byte, in an earlier one."""

    name: str
    earlier: ImportBatch


def brought_before(found: ImportBatch) -> list[Before]:
    """Which files of this import came before, with the newest earlier import that was not discarded.

    A content is kept once per creditor, so the same bytes have the same file id (portal.documents.store).
    """
    names = {one["file_id"]: one["name"] for one in found.files if "file_id" in one}
    if not names:
        return []
    written = cast(ImportBatch.files, String)
    earlier = db.session().scalars(
        select(ImportBatch)
        .where(
            ImportBatch.id < found.id,
            ImportBatch.status != BatchStatus.DISCARDED,
            or_(*(written.contains(file_id) for file_id in names)),
        )
        .order_by(ImportBatch.id.desc())
        .limit(_MOST_EARLIER)
    )
    told: dict[str, Before] = {}
    for row in earlier:
        for file_id in {one.get("file_id") for one in row.files} & set(names) - set(told):
            told[file_id] = Before(names[file_id], row)
    return [told[file_id] for file_id in names if file_id in told]


def task_of(batch_id: int) -> OutboxRow | None:
    """What the queue knows of a confirmed import: whether it waits, is tried again later, or was given up."""
    statement = select(OutboxRow).where(OutboxRow.kind == actions.RUN, OutboxRow.subject_id == batch_id)
    return db.session().scalars(statement.order_by(OutboxRow.id.desc()).limit(1)).one_or_none()


def has_stopped(found: ImportBatch) -> bool:
    """Whether nobody works on this import any more although it is not done."""
    if found.status is not BatchStatus.RUNNING:
        return found.status is BatchStatus.FAILED
    task = task_of(found.id)
    return task is not None and task.state == outbox.GAVE_UP
