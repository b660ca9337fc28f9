"""Tables as CSV for spreadsheets: semicolons, UTF-8 with a byte order mark so that accents are read.

What people wrote is hostile (rule A-64): a spreadsheet must not take a cell for a formula.
"""

import csv
import io
from collections.abc import Iterable

MARK = b"\xef\xbb\xbf"
MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full width counts too


class Figure(str):
    """A number of our own making, that nobody wrote: it may begin with a minus."""

    __slots__ = ()


def safe(cell: str) -> str:
    """The cell as text that no spreadsheet computes; NUL goes, as nothing reads behind it."""
    if isinstance(cell, Figure):
        return cell
    cell = cell.replace("\0", "")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cell(value: object) -> str:
    return safe(value) if isinstance(value, str) else "" if value is None else str(value)


def lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Some rows of a file, every text `safe`, nothing for None; the first piece of a file begins with MARK."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def file(rows: Iterable[Iterable[object]]) -> bytes:
    """A whole file."""
    return MARK + lines(rows)
