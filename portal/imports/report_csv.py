"""An import's report as CSV, page by page: constant memory, no transaction open while the network is slow."""

from collections.abc import Iterator

from portal.core import db, ids, scope, spreadsheets
from portal.core.text import t
from portal.imports import presenting, queries, sentences
from portal.imports.models import ImportRow
from portal.web import i18n

PAGE = 1000
_HEAD = (t("File"), t("Place"), t("Document"), t("Result"), t("Code"), t("What to know"), t("Id"))


def lines(creditor_id: int, batch_id: int, language: str) -> Iterator[bytes]:
    """The report in `language`, with a byte order mark, so that spreadsheets read the accents. Runs after the
    request has ended, in transactions of its own."""
    i18n.use(language)
    yield spreadsheets.file([[i18n.say(name) for name in _HEAD]])
    last_id = 0
    while True:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            i18n.use(language)
            rows = queries.rows_behind(batch_id, last_id, PAGE)
            chunk = spreadsheets.lines(_cells(row) for row in rows)
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
