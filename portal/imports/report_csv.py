"""An import's report as CSV, page by page: constant memory, no transaction open while the network is slow.

What files said is hostile (rule A-64): a spreadsheet must not take a cell for a formula.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from portal.core import db, ids, scope
from portal.core.text import t
from portal.imports import presenting, queries, sentences
from portal.imports.models import ImportRow
from portal.web import i18n

PAGE = 1000
_HEAD = (t("File"), t("Place"), t("Document"), t("Result"), t("Code"), t("What to know"), t("Id"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full width counts too


def safe(cell: str) -> str:
    """The cell as text that no spreadsheet computes; NUL goes, as nothing reads behind it."""
    cell = cell.replace("\0", "")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def lines(creditor_id: int, batch_id: int, language: str) -> Iterator[bytes]:
    """The report in `language`, with a byte order mark, so that spreadsheets read the accents. Runs after the
    request has ended, in transactions of its own."""
    i18n.use(language)
    yield b"\xef\xbb\xbf" + _written([[i18n.say(name) for name in _HEAD]])
    last_id = 0
    while True:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            i18n.use(language)
            rows = queries.rows_behind(batch_id, last_id, PAGE)
            chunk = _written([_cells(row) for row in rows])
        if rows:
            yield chunk
            last_id = rows[-1].id
        if len(rows) < PAGE:
            return


def _cells(row: ImportRow) -> list[str]:
    shown = presenting.report_row(row, several=False, href=None)
    invoice = ids.spell(row.invoice_id) if row.invoice_id else ""
    code = row.code or row.outcome
    return [row.file, sentences.place(row.where), row.number or "", shown["result"], code, shown["sentence"], invoice]


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")
