"""Excel workbooks of movements, as some banks' websites give them; bounds and reader are those of invoices."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from portal.bank_statements.documents import FileRefused, Item
from portal.bank_statements.tables import headers
from portal.bank_statements.tables.headers import AMOUNTS, DATES, SEARCHED_LINES, Columns
from portal.bank_statements.tables.reading import Table, read_table
from portal.core.text import t
from portal.imports.formats import xlsx as invoices_xlsx
from portal.imports.formats.xlsx import Rows
from portal.imports.options import Findings, ReadOptions
from portal.imports.tables.reading import TableLine

CODE = "xlsx"
LABEL = "Excel (XLSX)"
RANK = 40
SUFFIXES = invoices_xlsx.SUFFIXES


def sniff(head: bytes, name: str) -> bool:
    return invoices_xlsx.sniff(head, name)


def read(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    """The first visible sheet whose headers are known."""
    refusals: list[FileRefused] = []
    for rows in invoices_xlsx.sheets(source):
        try:
            columns = headers.find(islice(rows(), SEARCHED_LINES), options)
        except FileRefused as refused:
            refusals.append(refused)
            continue
        yield from read_table(Table(columns, lambda: _lines(rows, columns)), options, findings)  # noqa: B023 - used here
        return
    if not refusals:
        raise FileRefused("empty", t("The workbook has no filled sheet."))
    raise max(refusals, key=lambda refused: refused.refusal.where.line is not None)


def _lines(rows: Rows, columns: Columns) -> Iterator[TableLine]:
    """Text cells, but dates and amounts as the workbook has them."""
    typed = {columns.at[name][0] for name in (*DATES, *AMOUNTS) if name in columns.at}
    for line, cells in rows():
        yield line, [_cell(cell, as_it_is=at in typed) for at, cell in enumerate(cells)]


def _cell(cell: object, *, as_it_is: bool) -> object:
    return cell if as_it_is or isinstance(cell, str) else invoices_xlsx.as_text(cell)


def example() -> bytes:
    return invoices_xlsx.written(
        "Movimenti",
        ("Data contabile", "Data valuta", "Importo", "Divisa", "Descrizione", "Ordinante", "IBAN ordinante", "CRO"),
        (
            ("2026-03-02", "2026-03-02", 1220.0, "EUR", "RF18 5390 0754 7034 saldo fattura 2026/101",
             "Officine Brenta s.r.l.", "IT25O0306909606100000012345", "2026030200017"),
            ("2026-03-13", "2026-03-13", -2.0, "EUR", "Commissioni", "", "", ""),
        ),
    )  # fmt: skip
