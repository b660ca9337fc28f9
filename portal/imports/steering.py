"""What a person may still decide about files brought in: how they are read, yes to exactly what was shown, to go on.

Bank statements are brought in the same way (portal.bank_statements.batches).
"""

import hashlib
import json
from typing import Any, Protocol

from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.imports import actions, queries
from portal.imports import events as happened
from portal.imports.models import ImportBatch
from portal.imports.options import ReadOptions
from portal.imports.states import MACHINE, BatchStatus


class Batch(Protocol):
    """Files that were brought in together, and how they are to be read."""

    status: Any
    options: Any
    files: Any


def check_waiting(batch: Batch) -> None:
    """Raises NotAllowedNow once an import is not waiting for a yes any more."""
    if batch.status is not BatchStatus.UPLOADED:
        raise NotAllowedNow(
            t("This import is not waiting for a yes any more: it is %(now)s.", now=batch.status.label)
        )


def read_otherwise(batch: Batch, options: ReadOptions) -> None:
    """Has the waiting files read in another way. Raises NotAllowedNow once the import has begun."""
    check_waiting(batch)
    batch.options = actions.options_as_json(options)


def fingerprint(batch: Batch) -> str:
    """Names the way of reading that a preview showed, so that a yes is a yes to exactly that."""
    return hashlib.sha256(json.dumps(batch.options, sort_keys=True).encode()).hexdigest()[:16]


def check_shown(batch: Batch, shown: str | None) -> None:
    """Raises NotAllowedNow unless the batch waits for a yes to the preview whose fingerprint is `shown`."""
    check_waiting(batch)
    if shown != fingerprint(batch):
        raise NotAllowedNow(t("Somebody has had these files read in another way. Please look at them again."))


def check_kept(batch: Batch) -> None:
    """Raises NotAllowedNow where the files stayed where they were."""
    if any("file_id" not in file for file in batch.files):
        raise NotAllowedNow(t("This import came from the command line. Please run it there again."))


def say_yes(batch: ImportBatch, shown: str | None) -> None:
    """The person's yes to the preview whose fingerprint is `shown`. Raises NotAllowedNow for any other."""
    check_shown(batch, shown)
    actions.confirm(batch)


def go_on(batch: ImportBatch) -> None:
    """Begins again where an import stopped. Raises NotAllowedNow for one that has not stopped."""
    if not queries.has_stopped(batch):
        raise NotAllowedNow(t("This import has not stopped."))
    check_kept(batch)
    if batch.status is BatchStatus.RUNNING:
        task = queries.task_of(batch.id)
        why = (task.why if task is not None else None) or "given up"
        MACHINE.move(batch, BatchStatus.FAILED, happened.ImportFailed(batch_id=batch.id, why=why))
    actions.confirm(batch)
