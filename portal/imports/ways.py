"""Ways of reading that a person chose, remembered by a table's headers: next month's file is read the same."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from python_calamine import CalamineError
from sqlalchemy import select

from portal.core import clock, db, ids
from portal.imports import actions, headings
from portal.imports.models import ImportBatch, ImportWay
from portal.imports.options import ReadOptions

_ZIPPED = b"PK\x03\x04"


def is_chosen(options: ReadOptions) -> bool:
    """Whether somebody said how to read, beyond what is assumed of every file."""
    return bool(options.columns) or any((options.date_format, options.decimal, options.encoding))


def known(files: Sequence[tuple[str, bytes]], options: ReadOptions) -> ReadOptions | None:
    """The way that was chosen for files with these headers; None where there is none, or not one for all.

    What is assumed where a file says nothing (currency, days) is taken from `options`.
    """
    if is_chosen(options):
        return None
    found = _rows({mark for _name, content in files if (mark := _mark(io.BytesIO(content)))})
    if len({str(row.options) for row in found}) != 1:
        return None
    for row in found:
        row.used_at = clock.now()
    kept = ReadOptions(**found[0].options)
    return replace(kept, default_currency=options.default_currency, default_terms_days=options.default_terms_days)


def learn(batch: ImportBatch) -> None:
    """Remembers how the tables of a batch are read that somebody said yes to; a plain yes forgets another way."""
    marks = {mark for _name, path in actions.paths_of(batch) if (mark := _mark_of(path))}
    there = {row.headers_sha256: row for row in _rows(marks)}
    if not is_chosen(ReadOptions(**batch.options)):
        for row in there.values():
            db.session().delete(row)
        return
    for mark in sorted(marks):
        now = clock.now()
        row = there.get(mark) or ImportWay(id=ids.new_id(), headers_sha256=mark, learned_at=now, used_at=now)
        row.options = dict(batch.options)
        db.session().add(row)


def _rows(marks: Iterable[str]) -> Sequence[ImportWay]:
    wanted = sorted(marks)
    if not wanted:
        return ()
    return db.session().scalars(select(ImportWay).where(ImportWay.headers_sha256.in_(wanted))).all()


def _mark_of(path: Path) -> str | None:
    try:
        with path.open("rb") as source:
            return _mark(source)
    except FileNotFoundError:  # the import says so itself
        return None


def _mark(source: BinaryIO) -> str | None:
    """What tells a table's headers from others'; None for what is no table."""
    head = source.read(len(_ZIPPED))
    try:
        words = headings.of_table(source, headings.XLSX if head == _ZIPPED else headings.CSV, None)
    except CalamineError:  # another kind of archive
        return None
    if len(words) < headings.FEWEST:
        return None
    return hashlib.sha256("\x1f".join(word.casefold() for word in words).encode()).hexdigest()
