"""Running a confirmed batch in the background; one that was stopped goes on where it was."""

from portal.core import clock, db, jobs, outbox, scope
from portal.imports import actions
from portal.imports.models import ImportBatch
from portal.imports.options import ReadOptions
from portal.imports.states import BatchStatus


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
