"""The headers of a table that was not understood, for a person to say which column is which.

Only for showing: what is chosen is looked for again by the reader, which refuses what it does not find.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from python_calamine import CalamineWorkbook, SheetTypeEnum

from portal.imports.archives import Archive
from portal.imports.formats.csv import CODE as CSV
from portal.imports.formats.csv import DELIMITERS
from portal.imports.formats.xlsx import CODE as XLSX
from portal.imports.formats.xlsx import MOST_UNPACKED
from portal.imports.tables.headers import meaning
from portal.imports.tables.layout import SEARCHED_LINES

TABLES = frozenset({CSV, XLSX})
# What a choice of columns can mend. A workbook refused so has passed the bounds of its reader before.
ABOUT_COLUMNS = frozenset({"header_missing", "column_missing", "column_ambiguous", "column_unknown"})
FEWEST = 4  # number, date, amount, customer
_MOST = 200
_LONGEST = 100
_HEAD_BYTES = 256 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Cells = Sequence[str]


def of_file(path: Path, file: str, format_code: str | None, encoding: str | None) -> tuple[str, ...]:
    """The headers of a table, also of one inside a ZIP (`file` is then `a.zip!b.csv`); empty where none is found.

    Call it for a file that was refused for one of ABOUT_COLUMNS only.
    """
    with path.open("rb") as source:
        unpacked = _inside(source, file)
        if unpacked is None:
            return of_table(source, format_code, encoding)
        with unpacked:
            return of_table(unpacked, format_code, encoding)


def of_table(source: BinaryIO, format_code: str | None, encoding: str | None) -> tuple[str, ...]:
    source.seek(0)
    if format_code == XLSX:
        lines = _sheet_lines(source)
        return _most_telling([lines])
    if format_code != CSV:
        return ()
    text = _text(source.read(_HEAD_BYTES), encoding)
    return _most_telling(_csv_lines(text, delimiter) for delimiter in DELIMITERS)


def _inside(source: BinaryIO, file: str) -> BinaryIO | None:
    """The member of an archive that goes by this name; None for a file of its own."""
    if "!" not in file or source.read(4) != b"PK\x03\x04":
        return None
    archive = Archive(source)
    for member in archive.members():
        if file.endswith(f"!{member.name}"):
            return archive.unpack(member.info, MOST_UNPACKED)
    return None


def _text(head: bytes, encoding: str | None) -> str:
    """The beginning of a text file, read as the reader of CSV would; what has no meaning is left out."""
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    for name in filter(None, (encoding, marked, "utf-8", "cp1252")):
        try:
            return codecs.getincrementaldecoder(name)("strict").decode(head)
        except (LookupError, UnicodeError):
            continue
    return head.decode("cp1252", errors="replace")


def _csv_lines(text: str, delimiter: str) -> Iterator[Cells]:
    try:
        yield from islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), SEARCHED_LINES)
    except csv.Error:
        return


def _sheet_lines(source: BinaryIO) -> Iterator[Cells]:
    """The first visible sheet with anything in it."""
    workbook = CalamineWorkbook.from_filelike(source)
    for metadata in workbook.sheets_metadata:
        if metadata.typ != SheetTypeEnum.WorkSheet or str(metadata.visible) != "SheetVisibleEnum.Visible":
            continue
        sheet = workbook.get_sheet_by_name(metadata.name)
        if sheet.height:
            for row in islice(sheet.iter_rows(), SEARCHED_LINES):
                yield [str(cell) for cell in row]
            return


def _most_telling(tables: Iterable[Iterable[Cells]]) -> tuple[str, ...]:
    """The line with most words, then with most names that we know: headers are words, rows are numbers too."""
    best: tuple[tuple[int, int], tuple[str, ...]] = ((0, 0), ())
    for lines in tables:
        for cells in lines:
            words = _words(cells)
            score = (len(words), sum(meaning(word) is not None for word in words))
            if score > best[0]:
                best = (score, words)
    return best[1]


def _words(cells: Cells) -> tuple[str, ...]:
    """The distinct headers of a line, as the reader compares them; those that nobody could choose are left out."""
    headers = dict.fromkeys(" ".join(cell.split()) for cell in islice(cells, _MOST))
    return tuple(h for h in headers if len(h) <= _LONGEST and any(letter.isalpha() for letter in h))
