"""Running a confirmed batch of statements in the background; one that was stopped goes on where it was."""

from portal.bank_statements import batches, queries, taking_in
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.states import BatchStatus
from portal.core import clock, db, jobs, outbox, scope
from portal.imports.options import ReadOptions


def _gave_up(task: jobs.Task, why: str) -> None:
    """A batch that nobody will try again has stopped: its page says so and offers to go on."""
    batches.mark_failed(task.subject_id, why)


@jobs.job(queries.RUN, gave_up=_gave_up)
def run_batch(task: jobs.Task) -> None:
    """Reads the batch's files again and takes in what is not yet taken in."""
    batch = db.session().get(StatementBatch, task.subject_id)
    if batch is None or batch.status is not BatchStatus.RUNNING:
        return
    creditor_id = scope.current().creditor_id
    options, paths, done = ReadOptions(**batch.options), batches.paths_of(batch), batch.read
    # The chunks are transactions of their own; this one only watches over them.
    with db.outside_transaction():
        taking_in.run(
            creditor_id,
            task.subject_id,
            options,
            paths,
            already_read=done,
            progress=lambda _: outbox.keep_claim(task.row_id, clock.now()),
        )
