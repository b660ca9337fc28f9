"""Running a confirmed batch in the background, one that was stopped from where it was; looking into folders."""

import logging
from pathlib import Path

from portal.core import clock, db, installation, jobs, outbox, scope
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.imports import actions, watching
from portal.imports.models import ImportBatch
from portal.imports.options import ReadOptions
from portal.imports.states import BatchStatus

log = logging.getLogger(__name__)


def _gave_up(task: jobs.Task, why: str) -> None:
    """A batch that nobody will try again has stopped: its page says so and offers to go on."""
    actions.mark_failed(task.subject_id, why)


@jobs.job(actions.RUN, gave_up=_gave_up)
def run_batch(task: jobs.Task) -> None:
    """Reads the batch's files again and takes in what is not yet taken in."""
    batch = db.session().get(ImportBatch, task.subject_id)
    if batch is None or batch.status is not BatchStatus.RUNNING:
        return
    creditor_id = scope.current().creditor_id
    options, paths, done = ReadOptions(**batch.options), actions.paths_of(batch), batch.read
    # The chunks are transactions of their own; this one only watches over them.
    with db.outside_transaction():
        actions.run(
            creditor_id,
            task.subject_id,
            options,
            paths,
            already_read=done,
            progress=lambda _: outbox.keep_claim(task.row_id, clock.now()),
        )


@jobs.every(minutes=5)
def watch_folders() -> None:
    """What lies in each creditor's folder; a file that cannot be read keeps no other waiting."""
    if installation.settings().exchange_dir is None:
        return
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            place = watching.folder(creditors.in_scope().slug)
        for path in watching.waiting(place) if place is not None else ():
            try:
                _take(creditor_id, path)
            except Exception:
                log.exception("a file in a folder could not be taken", extra={"creditor": creditor_id})


def _take(creditor_id: int, path: Path) -> None:
    """Kept first, in a transaction of its own, and moved away when that stands."""
    with rounds.at(creditor_id):
        where = watching.take(path)
        why = watching.why_refused(path) if where == watching.REFUSED else ""
    watching.move(path, where, why)
