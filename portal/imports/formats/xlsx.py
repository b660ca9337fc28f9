"""XLSX: the first sheet with headers that we know. Numbers and dates are typed there, so little needs settling."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice
from typing import BinaryIO

import xlsxwriter
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from portal.core.text import t
from portal.imports.archives import Archive
from portal.imports.documents import FileRefused, Item
from portal.imports.options import Findings, ReadOptions
from portal.imports.sheets import MOST_CELLS, area
from portal.imports.tables.headers import DATES
from portal.imports.tables.layout import SEARCHED_LINES, Columns, find_columns
from portal.imports.tables.reading import Table, TableLine, read_table

CODE = "xlsx"
LABEL = t("Excel (XLSX)")
RANK = 30
SUFFIXES = (".xlsx", ".xlsm")

MOST_BYTES = 64 * 1024**2
MOST_UNPACKED = 512 * 1024**2

Rows = Callable[[], Iterator[tuple[int, Sequence[object]]]]  # numbered rows, from the first each time


def sniff(head: bytes, name: str) -> bool:
    """A ZIP that holds a workbook."""
    return head.startswith(b"PK\x03\x04") and (
        name.endswith(SUFFIXES) or b"[Content_Types].xml" in head[:4096] or b"xl/workbook.xml" in head
    )


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    _check(source)
    workbook = _open(source)
    sheet, columns, others = _choose(workbook, options)
    if others:
        text = t(
            "Only the sheet %(sheet)s was read; the others: %(others)s.",
            sheet=sheet.name,
            others=", ".join(others)[:200],
        )
        findings.note("sheet_chosen", text)
    typed = [at for name, at in columns.at.items() if name in {*DATES, "amount"}]
    if columns.total is not None:
        typed.append(columns.total)
    yield from read_table(Table(columns, lambda: _lines(sheet, typed), sheet=sheet.name), options, findings)


def example() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("Fatture")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    headers = (
        "Numero",
        "Data",
        "Scadenza",
        "Importo",
        "Valuta",
        "Codice cliente",
        "Ragione sociale",
        "P.IVA",
        "E-mail",
    )
    sheet.write_row(0, 0, headers)
    for at, (number, issued, due, amount, code, name, vat) in enumerate(_EXAMPLE, start=1):
        sheet.write_string(at, 0, number)
        sheet.write_datetime(at, 1, datetime.combine(issued, time()), day)
        sheet.write_datetime(at, 2, datetime.combine(due, time()), day)
        sheet.write_number(at, 3, amount)
        sheet.write_row(at, 4, ("EUR", code, name, vat, f"{code.lower()}@cliente.example"))
    book.close()
    return buffer.getvalue()


def written(name: str, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook with one plain sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet(name)
    for at, row in enumerate((headers, *rows)):
        sheet.write_row(at, 0, row)
    book.close()
    return buffer.getvalue()


_EXAMPLE = (
    ("2026/101", date(2026, 3, 2), date(2026, 4, 30), 1220.0, "C001", "Officine Brenta s.r.l.", "00743110157"),
    ("2026/102", date(2026, 3, 13), date(2026, 4, 30), 610.0, "C002", "Perché No cooperativa", ""),
    ("2026/102", date(2026, 3, 13), date(2026, 5, 31), 610.0, "C002", "Perché No cooperativa", ""),
)


def _check(source: BinaryIO) -> None:
    """Bounds first: packed size, unpacked size, cells. Raises FileRefused."""
    if source.seek(0, 2) > MOST_BYTES:
        raise FileRefused("too_large", t("The workbook is larger than 64 MB. Save it as CSV, or split it."))
    archive = Archive(source)
    names = {info.filename for info in archive.infos}
    if "xl/workbook.xml" not in names or names & {"xl/workbook.bin", "content.xml"}:
        raise _damaged()  # the reader would take it for another format, whose bounds are not checked here
    for info in archive.infos:
        if area(archive.chunks(info, MOST_UNPACKED)) > MOST_CELLS:
            text = t(
                "A sheet of the workbook is too large. Delete what stands far away from the table, or save it as CSV."
            )
            raise FileRefused("too_large", text)
    source.seek(0)


def _open(source: BinaryIO) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(source)
    except CalamineError:
        raise _damaged() from None
    except BaseException as failure:
        raise _if_panic(failure) from None


def _if_panic(failure: BaseException) -> BaseException:
    """The reader is Rust: its panics are no Exceptions, and mean that the file is broken."""
    return _damaged() if type(failure).__name__ == "PanicException" else failure


def _damaged() -> FileRefused:
    return FileRefused("xlsx_damaged", t("The workbook is damaged or locked. Open it, save it again, and send that."))


def _sheet(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_name(name)
    except CalamineError:
        raise _damaged() from None
    except BaseException as failure:
        raise _if_panic(failure) from None


def _choose(workbook: CalamineWorkbook, options: ReadOptions) -> tuple[CalamineSheet, Columns, list[str]]:
    """The first visible sheet with the headers that are needed, and the names of the other filled ones.

    Raises FileRefused: the most telling refusal of all sheets.
    """
    chosen: tuple[CalamineSheet, Columns] | None = None
    refusals: list[FileRefused] = []
    others: list[str] = []
    for sheet in _filled(workbook):
        if chosen is None:
            try:
                chosen = sheet, find_columns(islice(_numbered(sheet), SEARCHED_LINES), options)
                continue
            except FileRefused as refused:
                refusals.append(refused)
        others.append(sheet.name)
    if chosen is None:
        if not refusals:
            raise FileRefused("empty", t("The workbook has no filled sheet."))
        raise max(refusals, key=lambda refused: refused.refusal.where.line is not None)
    return *chosen, others


def _filled(workbook: CalamineWorkbook) -> Iterator[CalamineSheet]:
    """The visible sheets with anything in them."""
    for metadata in workbook.sheets_metadata:
        if metadata.typ != SheetTypeEnum.WorkSheet or str(metadata.visible) != "SheetVisibleEnum.Visible":
            continue
        sheet = _sheet(workbook, metadata.name)
        if sheet.height:
            yield sheet


def sheets(source: BinaryIO) -> Iterator[Rows]:
    """The numbered rows of each visible, filled sheet, as often as they are asked for, within this reader's bounds.

    Raises FileRefused.
    """
    _check(source)
    for sheet in _filled(_open(source)):
        yield partial(_numbered, sheet)


def _numbered(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[object]]]:
    yield from enumerate(sheet.iter_rows(), start=1)


def _lines(sheet: CalamineSheet, typed: Sequence[int]) -> Iterator[TableLine]:
    """Rows with text cells; dates and amounts stay what the workbook says they are."""
    for line, row in _numbered(sheet):
        cells: list[object] = [cell if type(cell) is str else as_text(cell) for cell in row]
        for at in typed:
            cells[at] = row[at]
        yield line, cells


def as_text(cell: object) -> str:
    """A cell as the workbook would show it, dates in ISO form."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, (date, datetime, time)):
        return cell.isoformat()
    return str(cell) if isinstance(cell, (int, timedelta)) else ""
