"""How large a sheet will become in memory, found before the reader of workbooks lays it out.

The reader keeps a full rectangle from the first to the last filled cell: two cells at the far corners of an
otherwise empty sheet would take the machine down.
"""

import re
from collections.abc import Iterable

from portal.core.text import t
from portal.imports.documents import FileRefused

MOST_CELLS = 16_000_000
_LONGEST_TAG = 1 << 20
_TAG = re.compile(rb"<[\w/!?]")
_ROW = re.compile(rb"<(?:[\w.-]+:)?row\b")
_CELL = re.compile(rb"<(?:[\w.-]+:)?c(\s[^<>]*?)?(?<!/)>")  # an empty styled cell closes itself, and takes no room
_CELL_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,4})([0-9]{1,9})[\"']")
_ROW_REFERENCE = re.compile(rb"[^>]*?\sr\s*=\s*[\"']([0-9]{1,9})[\"']")


class Area:
    """The rectangle that a sheet's XML spans from A1. Feed it piece by piece; it errs towards too large."""

    def __init__(self) -> None:
        self.rows = self.columns = self._seen_rows = self._in_row = 0
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        piece = self._rest + chunk
        cut = piece.rfind(b"<")
        piece, self._rest = (piece[:cut], piece[cut:]) if cut >= 0 else (b"", piece)
        if len(self._rest) > _LONGEST_TAG:
            if _TAG.match(self._rest):
                raise FileRefused("xlsx_damaged", t("The workbook is damaged: a part of it has no end."))
            self._rest = b""  # a picture, not XML
        before, *rows = _ROW.split(piece)
        self._cells(before)
        for row in rows:
            self._seen_rows += 1
            self._in_row = 0
            named = _ROW_REFERENCE.match(row)
            self.rows = max(self.rows, self._seen_rows, int(named[1]) if named else 0)
            self._cells(row)

    def _cells(self, xml: bytes) -> None:
        tags = _CELL.findall(xml)
        self._in_row += len(tags)
        self.columns = max(self.columns, self._in_row)
        for letters, row in _CELL_REFERENCE.findall(b"".join(tags)):
            self.columns = max(self.columns, _number(letters))
            self.rows = max(self.rows, int(row))

    @property
    def cells(self) -> int:
        return self.rows * self.columns


def area(chunks: Iterable[bytes]) -> int:
    """The cells of the rectangle of one sheet whose XML comes in pieces."""
    rectangle = Area()
    for chunk in chunks:
        rectangle.feed(chunk)
    rectangle.feed(b"<")
    return rectangle.cells


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
