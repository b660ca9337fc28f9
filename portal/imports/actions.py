"""Importing: a batch of files is kept, shown, then run in chunks, each a transaction of its own.

A batch that was stopped goes on where it was: `ImportBatch.read` counts what has been taken in.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from portal.core import bulk, clock, db, ids, outbox, scope
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.documents import store
from portal.documents.models import StoredFile
from portal.imports import events as happened
from portal.imports import taking_in
from portal.imports.documents import Document, Item, Notice, Refusal
from portal.imports.models import ImportBatch, ImportRow
from portal.imports.options import ReadOptions
from portal.imports.originals import Originals
from portal.imports.reading import FileReading, read_file
from portal.imports.states import MACHINE, BatchStatus

RUN = "imports.run"
CHUNK = 2000
# Told of the e-invoices of a chunk whose invoices were there already: (invoice's id, kept file's id, the name it came
# with). Filled by reactions.
CameAgain = Callable[[Sequence[tuple[int, int, str]]], None]
came_again: list[CameAgain] = []
E_INVOICES = frozenset({"fatturapa", "fatturapa-p7m", "ubl", "cii", "facturx"})
_CERTIFIED = frozenset({"fatturapa", "fatturapa-p7m"})  # the only address on these is the certified one (PEC)


def upload(files: Sequence[tuple[str, bytes]], options: ReadOptions, staff_id: int | None) -> ImportBatch:
    """Keeps uploaded files (name, content) as a batch that waits for a person's yes."""
    kept = []
    for name, content in files:
        stored = store.keep(content, name, "application/octet-stream")
        kept.append({"name": name[:200], "file_id": ids.spell(stored.id)})
    return _batch(kept, options, staff_id)


def _batch(files: list[dict[str, str]], options: ReadOptions, staff_id: int | None) -> ImportBatch:
    batch = ImportBatch(
        id=ids.new_id(), staff_id=staff_id, options=options_as_json(options), files=files, started_at=clock.now()
    )
    MACHINE.begin(batch, BatchStatus.UPLOADED, happened.ImportUploaded(batch_id=batch.id))
    db.session().add(batch)
    db.session().flush()
    return batch


def begin(options: ReadOptions, names: Sequence[str], staff_id: int | None = None) -> int:
    """A batch that starts at once over files that stay where they are (the command line). Returns its id."""
    batch = _batch([{"name": name[:200]} for name in names], options, staff_id)
    MACHINE.move(batch, BatchStatus.RUNNING, happened.ImportStarted(batch_id=batch.id))
    return batch.id


def confirm(batch: ImportBatch) -> None:
    """The person's yes: the batch runs in the background."""
    MACHINE.move(batch, BatchStatus.RUNNING, happened.ImportStarted(batch_id=batch.id))
    outbox.put(RUN, batch.id)


def discard(batch: ImportBatch) -> None:
    MACHINE.move(batch, BatchStatus.DISCARDED, happened.ImportDiscarded(batch_id=batch.id))


def options_as_json(options: ReadOptions) -> dict[str, Any]:
    return {
        "columns": dict(options.columns),
        "date_format": options.date_format,
        "decimal": options.decimal,
        "encoding": options.encoding,
        "default_currency": options.default_currency,
        "default_terms_days": options.default_terms_days,
    }


@dataclass(frozen=True, slots=True)
class Placed:
    """One item of a batch with the file it stands in: the one at `path`, or its `member` where that is a ZIP."""

    file: str
    format: str | None
    path: Path
    member: int | None
    item: Item


def items_of(paths: Iterable[tuple[str, Path]], options: ReadOptions) -> Iterator[Placed]:
    """Every document and refusal of these files (shown name, path), streamed; file-level remarks come last."""
    for shown, path in paths:
        for reading in read_file(path, options, shown):
            yield from (Placed(reading.file, reading.format, path, reading.member, item) for item in reading)


def readings_of(paths: Iterable[tuple[str, Path]], options: ReadOptions) -> Iterator[FileReading]:
    for shown, path in paths:
        yield from read_file(path, options, shown)


def paths_of(batch: ImportBatch) -> list[tuple[str, Path]]:
    """Where a batch's kept files lie, with the names they came with."""
    found = []
    for one in batch.files:
        if "file_id" not in one:
            continue
        row = db.session().get(StoredFile, ids.read(one["file_id"]))
        if row is not None:
            found.append((one["name"], store.path_of(row)))
    return found


@dataclass(slots=True)
class Counts:
    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    warned: int = 0


def run(
    creditor_id: int,
    batch_id: int,
    options: ReadOptions,
    paths: Sequence[tuple[str, Path]],
    *,
    already_read: int = 0,
    progress: Callable[[Counts], None] = lambda _: None,
) -> Counts:
    """Takes a running batch in, chunk by chunk, from behind what was already read. Opens its own transactions."""
    counts = Counts(read=already_read)
    stream = islice(items_of(paths, options), already_read, None)
    with Originals() as originals:
        while chunk := list(islice(stream, CHUNK)):
            with db.transaction():
                scope.enter(creditor_id)
                _take_chunk(creditors.by_id(creditor_id), batch_id, chunk, originals, counts)
            progress(counts)
    with db.transaction():
        scope.enter(creditor_id)
        batch = _get(batch_id)
        MACHINE.move(
            batch,
            BatchStatus.DONE,
            happened.ImportFinished(
                batch_id=batch.id,
                created=batch.created,
                changed=batch.changed,
                unchanged=batch.unchanged,
                refused=batch.refused,
            ),
        )
    return counts


def mark_failed(batch_id: int, why: str) -> None:
    """The batch has stopped where it was; `why` holds no personal data."""
    batch = _get(batch_id)
    if batch.status is BatchStatus.RUNNING:
        MACHINE.move(batch, BatchStatus.FAILED, happened.ImportFailed(batch_id=batch.id, why=why))


def _get(batch_id: int) -> ImportBatch:
    batch = db.session().get(ImportBatch, batch_id)
    if batch is None:
        raise LookupError("no such import")
    return batch


def _take_chunk(
    creditor: Creditor, batch_id: int, chunk: Sequence[Placed], originals: Originals, counts: Counts
) -> None:
    batch = _get(batch_id)
    placed = [one for one in chunk if isinstance(one.item, Document)]
    documents = [one.item for one in placed if isinstance(one.item, Document)]
    kept = [_original(one, originals) for one in placed]
    certified = [one.format in _CERTIFIED for one in placed]
    outcomes = taking_in.take_in(creditor, documents, kept, certified, batch.status_at)
    again = [
        (outcome.invoice_id, file_id, one.file)
        for one, file_id, outcome in zip(placed, kept, outcomes, strict=True)
        if file_id is not None and outcome.invoice_id is not None and outcome.outcome != taking_in.CREATED
    ]
    for hear in came_again if again else ():
        hear(again)
    rows = [_refused_row(batch_id, one.file, one.item) for one in chunk if isinstance(one.item, Refusal)]
    refused = len(rows)
    for one, outcome in zip(placed, outcomes, strict=True):
        rows += _outcome_rows(batch_id, one.file, outcome)
        rows += [_remark_row(batch_id, one.file, outcome, warning) for warning in outcome.document.warnings]
    made = [outcome.outcome for outcome in outcomes]
    warned = sum(bool(outcome.document.warnings) for outcome in outcomes)
    for target in (batch, counts):
        target.read += len(chunk)
        target.created += made.count(taking_in.CREATED)
        target.changed += made.count(taking_in.CHANGED)
        target.unchanged += made.count(taking_in.UNCHANGED)
        target.refused += refused
        target.warned += warned
    bulk.insert(ImportRow, rows)


def _original(one: Placed, originals: Originals) -> int | None:
    """The kept e-invoice itself, for its debtor to download; tables have none."""
    return originals.keep(one.path, one.member, one.file) if one.format in E_INVOICES else None


def _row(batch_id: int, file: str, outcome: str, **values: Any) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "creditor_id": scope.current().creditor_id,
        "batch_id": batch_id,
        "outcome": outcome,
        "file": file[:300],
        "where": None,
        "number": None,
        "invoice_id": None,
        "code": None,
        "msgid": None,
        "args": None,
        **values,
    }


def _refused_row(batch_id: int, file: str, refusal: Refusal) -> dict[str, Any]:
    return _row(
        batch_id, file, "refused", where=str(refusal.where)[:300], code=refusal.code, **_words(refusal.message)
    )


def _remark_row(batch_id: int, file: str, outcome: taking_in.Outcome, notice: Notice) -> dict[str, Any]:
    return _row(batch_id, file, "warning", where=str(notice.where)[:300], number=outcome.document.number[:60],
                invoice_id=outcome.invoice_id, code=notice.code, **_words(notice.message))  # fmt: skip


def _outcome_rows(batch_id: int, file: str, outcome: taking_in.Outcome) -> list[dict[str, Any]]:
    number = outcome.document.number[:60]
    if outcome.outcome == taking_in.CREATED:
        return [_row(batch_id, file, "created", where=str(outcome.document.where)[:300], number=number,
                     invoice_id=outcome.invoice_id)]  # fmt: skip
    return [
        _row(
            batch_id, file, "changed", number=number, invoice_id=outcome.invoice_id,
            code="applied" if one.applied else "differs", msgid="%(what)s: %(before)s → %(after)s",
            args={"what": one.what.msgid, "before": one.before, "after": one.after},
        )
        for one in outcome.differences
    ]  # fmt: skip


def _words(text: Text) -> dict[str, Any]:
    args = {key: str(value) for key, value in (text.args or {}).items()}
    return {"msgid": text.msgid[:500], "args": json.loads(json.dumps(args)) or None}
