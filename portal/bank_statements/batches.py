"""Files of statements brought in: kept as they came, shown, and run after a person's yes."""

from collections.abc import Sequence
from pathlib import Path

from portal.bank_statements import events as happened
from portal.bank_statements import own_accounts, queries
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.states import BATCHES, BatchStatus
from portal.core import clock, db, ids, outbox
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.documents import store
from portal.documents.models import StoredFile
from portal.imports import steering
from portal.imports.actions import options_as_json
from portal.imports.options import ReadOptions

LARGEST_KEPT = 32 * 1024**2  # of a file that stays where it is (the command line)
_MEDIA_TYPE = "application/octet-stream"


def upload(files: Sequence[tuple[str, bytes]], options: ReadOptions, staff_id: int | None) -> StatementBatch:
    """Keeps uploaded files (name, content) as a batch that waits for a person's yes."""
    kept = [
        {"name": name[:200], "file_id": ids.spell(store.keep(content, name, _MEDIA_TYPE).id)}
        for name, content in files
    ]
    return _batch(kept, options, staff_id)


def begin(options: ReadOptions, paths: Sequence[Path], staff_id: int | None = None) -> int:
    """A batch that starts at once over these files; originals of a usual size are kept. Returns its id."""
    kept = []
    for path in paths:
        one = {"name": str(path)[:200]}
        if path.stat().st_size <= LARGEST_KEPT:
            one["file_id"] = ids.spell(store.keep(path.read_bytes(), path.name, _MEDIA_TYPE).id)
        kept.append(one)
    batch = _batch(kept, options, staff_id)
    BATCHES.move(batch, BatchStatus.RUNNING, happened.StatementsStarted(batch_id=batch.id))
    return batch.id


def _batch(files: list[dict[str, str]], options: ReadOptions, staff_id: int | None) -> StatementBatch:
    batch = StatementBatch(
        id=ids.new_id(), staff_id=staff_id, options=options_as_json(options), files=files, started_at=clock.now()
    )
    BATCHES.begin(batch, BatchStatus.UPLOADED, happened.StatementsUploaded(batch_id=batch.id))
    db.session().add(batch)
    db.session().flush()
    return batch


def say_yes(batch: StatementBatch, shown: str | None, accounts: Sequence[str]) -> None:
    """The person's yes to the preview whose fingerprint is `shown`, and to these accounts being theirs. Raises
    NotAllowedNow for any other."""
    steering.check_shown(batch, shown)
    own_accounts.confirm(accounts, known_by=own_accounts.BY_PERSON)
    confirm(batch)


def again_with(batch: StatementBatch, accounts: Sequence[str], staff_id: int | None) -> StatementBatch:
    """These accounts, whose statements a batch left out, are the creditor's: its files once more, as a new batch.
    What is here is not doubled. Raises NotAllowedNow."""
    if batch.status is not BatchStatus.DONE:
        raise NotAllowedNow(t("This import has not ended yet."))
    steering.check_kept(batch)
    own_accounts.confirm(accounts, known_by=own_accounts.BY_PERSON)
    made = _batch(list(batch.files), ReadOptions(**batch.options), staff_id)
    confirm(made)
    return made


def confirm(batch: StatementBatch) -> None:
    """The person's yes: the batch runs in the background. Raises NotAllowedNow where it has begun."""
    BATCHES.move(batch, BatchStatus.RUNNING, happened.StatementsStarted(batch_id=batch.id))
    outbox.put(queries.RUN, batch.id)


def discard(batch: StatementBatch) -> None:
    BATCHES.move(batch, BatchStatus.DISCARDED, happened.StatementsDiscarded(batch_id=batch.id))


def mark_failed(batch_id: int, why: str) -> None:
    """The batch has stopped where it was; `why` holds no personal data."""
    batch = queries.batch(batch_id)
    if batch is not None and batch.status is BatchStatus.RUNNING:
        BATCHES.move(batch, BatchStatus.FAILED, happened.StatementsFailed(batch_id=batch.id, why=why))


def go_on(batch: StatementBatch) -> None:
    """Begins again where it stopped; what is kept is known. Raises NotAllowedNow."""
    if not queries.has_stopped(batch):
        raise NotAllowedNow(t("This import has not stopped."))
    steering.check_kept(batch)
    if batch.status is BatchStatus.RUNNING:
        mark_failed(batch.id, "given up")
    confirm(batch)


def paths_of(batch: StatementBatch) -> list[tuple[str, Path]]:
    """Where a batch's kept files lie, with the names they came with."""
    found = []
    for one in batch.files:
        row = db.session().get(StoredFile, ids.read(one["file_id"])) if "file_id" in one else None
        if row is not None:
            found.append((one["name"], store.path_of(row)))
    return found
