"""What was read, for programs: the JSON of the command line, written while the files are still being read."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Set
from typing import IO, TextIO

from portal.bank_statements import own_accounts
from portal.bank_statements.documents import Movement, Refusal, Statement
from portal.bank_statements.reading import FileReading

_IN_MEMORY = 4 * 1024**2


def write_json(readings: Iterable[FileReading], out: TextIO, unknown: Set[tuple[str, str]] = frozenset()) -> bool:
    """Writes `{"files":[…]}` (issue 3, item 4) and says whether anything was refused.

    `unknown` are the statements (file, place) that are not booked because their account is none of the creditor's.

    Movements go out as they come; refusals wait in a temporary file, so that memory does not grow with the file.
    """
    refused = False
    out.write('{"files":[')
    for count, reading in enumerate(readings):
        out.write(",\n" if count else "\n")
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+", encoding="ascii") as refusals:
            refused |= _write_file(reading, out, refusals, unknown)
    out.write("]}\n")
    return refused


def _write_file(reading: FileReading, out: TextIO, refusals: IO[str], unknown: Set[tuple[str, str]]) -> bool:
    out.write(f'{{"file":{_json(reading.file)},"format":{_json(reading.format)},"statements":[')
    running: Statement | None = None
    statements = movements = refused = 0
    for item in reading:
        if isinstance(item, Statement):
            _end(running, out)
            out.write(",\n" if statements else "\n")
            out.write(_json(item.head_as_json())[:-1] + ',"movements":[')
            running, movements, statements = item, 0, statements + 1
            if (reading.file[:300], str(item.where)[:300]) in unknown:
                refused += _refuse(own_accounts.refusal(item), refusals, refused)
        elif isinstance(item, Movement):
            out.write(",\n" if movements else "\n")
            out.write(_json(item.as_json()))
            movements += 1
        elif isinstance(item, Refusal):
            refused += _refuse(item, refusals, refused)
    _end(running, out)
    out.write('],"refusals":[')
    refusals.seek(0)
    shutil.copyfileobj(refusals, out)
    out.write("]}")
    return refused > 0


def _refuse(refusal: Refusal, refusals: IO[str], before: int) -> int:
    refusals.write(",\n" if before else "\n")
    refusals.write(_json(refusal.as_json()))
    return 1


def _end(running: Statement | None, out: TextIO) -> None:
    """The balance at the end, which some formats only say there."""
    if running is not None:
        out.write("]," + _json(running.foot_as_json())[1:])


def _json(value: object) -> str:
    """ASCII only: file names and texts may hold what no terminal can write."""
    return json.dumps(value, separators=(",", ":"))
