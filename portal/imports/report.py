"""What was read, for programs: the JSON of the command line, written while the files are still being read."""

import json
import shutil
import tempfile
from collections.abc import Iterable
from typing import IO, TextIO

from portal.imports.documents import Document, GetText
from portal.imports.reading import FileReading

_IN_MEMORY = 4 * 1024**2


def write_json(readings: Iterable[FileReading], out: TextIO, gettext: GetText = str) -> bool:
    """Writes `{"files":[…]}` (issue 2, decision 33) and says whether anything was refused.

    Documents go out as they come; refusals wait in a temporary file, so that memory does not grow with the file.
    """
    refused = False
    out.write('{"files":[')
    for count, reading in enumerate(readings):
        out.write("," if count else "")
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+", encoding="ascii") as refusals:
            refused |= _write_file(reading, out, refusals, gettext)
    out.write("]}\n")
    return refused


def _write_file(reading: FileReading, out: TextIO, refusals: IO[str], gettext: GetText) -> bool:
    out.write(f'{{"file":{_json(reading.file)},"format":{_json(reading.format)},"documents":[')
    documents = refused = 0
    for item in reading:
        if isinstance(item, Document):
            out.write(",\n" if documents else "\n")
            out.write(_json(item.as_json(gettext)))
            documents += 1
        else:
            refusals.write(",\n" if refused else "\n")
            refusals.write(_json(item.as_json(gettext)))
            refused += 1
    out.write('],"refusals":[')
    refusals.seek(0)
    shutil.copyfileobj(refusals, out)
    out.write("]}")
    return refused > 0


def _json(value: object) -> str:
    """ASCII only: file names and cells may hold what no terminal can write."""
    return json.dumps(value, separators=(",", ":"))
