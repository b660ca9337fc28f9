"""XLSX: typed cells, several sheets, and sheets that are traps."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from portal.imports.sheets import area
from tests.imports.files import due, read, warned, workbook

HEADERS: list[Any] = ["Numero", "Data", "Scadenza", "Importo", "Cliente", "P.IVA"]


def changed(change: Callable[[bytes], bytes], **more: bytes) -> bytes:
    """A workbook of one row whose sheet's XML was tampered with, and other parts added."""
    plain = workbook([["Numero", "Data", "Importo", "Cliente"], ["1", "2026-03-02", 10.0, "Rossi"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            target.writestr(info.filename, change(content) if info.filename.endswith("sheet1.xml") else content)
        for name, content in more.items():
            target.writestr(name, content)
    return out.getvalue()


def test_typed_cells_are_read_as_they_are_typed() -> None:
    rows = [
        ["Fatture di marzo"],
        [],
        HEADERS,
        [12, date(2026, 3, 4), date(2026, 4, 3), 1234.5, "Rossi", 7973780013],
        ["13", datetime(2026, 3, 4), "30/04/2026", "1.234,56", "Bianchi", "07973780013"],
        ["14", "03/04/2026", None, 0.1 + 0.2, "Verdi", ""],
        ["Totale", "", "", 2469.36, "", ""],
    ]
    found = read(workbook(rows), "fatture.xlsx")
    assert found.format == "xlsx"
    assert found.refusals == []
    assert [(d.number, d.issued_on.isoformat(), due(d)) for d in found.documents] == [
        ("12", "2026-03-04", [("2026-04-03", 123450)]),
        ("13", "2026-03-04", [("2026-04-30", 123456)]),
        ("14", "2026-04-03", [("2026-05-03", 30)]),
    ]
    assert found.documents[0].debtor.vat_number == "07973780013"
    assert "vat_number_padded" in warned(found.documents[0])
    assert "lines_skipped" in found.noted


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ([1, 46115.0, None, 10.0, "Rossi"], ("date_serial", "line 2, column Data")),
        ([1, True, None, 10.0, "Rossi"], ("date_unreadable", "line 2, column Data")),
        ([1, "03/04/2026", None, 10.0, "Rossi"], ("date_ambiguous", "line 2, column Data")),
        ([1, date(2026, 3, 2), None, "1.234", "Rossi"], ("amount_ambiguous", "line 2, column Importo")),
        ([1, date(2026, 3, 2), None, 12.345, "Rossi"], ("amount_decimals", "line 2, column Importo")),
        ([1, date(2026, 3, 2), None, date(2026, 3, 2), "Rossi"], ("amount_unreadable", "line 2, column Importo")),
        ([1, date(2026, 3, 2), None, None, "Rossi"], ("amount_missing", "line 2, column Importo")),
    ],
)
def test_refused_cells(row: list[Any], refused: tuple[str, str]) -> None:
    assert read(workbook([HEADERS, row]), "fatture.xlsx").refused == [refused]


def test_the_first_sheet_with_known_headers_is_read_and_the_others_are_told() -> None:
    content = workbook(
        [["Istruzioni"], ["Riempire il secondo foglio"]],
        Dati=[HEADERS, ["1", date(2026, 3, 2), None, 10.0, "Rossi"]],
        Altro=[HEADERS, ["2", date(2026, 3, 2), None, 20.0, "Rossi"]],
    )
    found = read(content, "fatture.xlsx")
    assert found.one.number == "1"
    assert found.layout is not None
    assert found.layout.sheet == "Dati"
    assert [str(note.message) for note in found.notes if note.code == "sheet_chosen"] == [
        "Only the sheet Dati was read; the others: Fatture, Altro."
    ]


def test_a_workbook_without_headers_or_rows() -> None:
    assert read(workbook([["ciao"]]), "x.xlsx").refused == [("header_missing", "the whole file")]
    assert read(workbook([]), "x.xlsx").refused == [("empty", "the whole file")]
    assert read(workbook([["Numero", "Data", "Cliente"]]), "x.xlsx").refused == [("column_missing", "line 1")]


def test_the_name_does_not_matter() -> None:
    assert read(workbook([HEADERS, ["1", date(2026, 3, 2), None, 1.0, "Rossi"]]), "fatture.csv").format == "xlsx"


ROW = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
ROW_WITHOUT_NAMES = b'<row r="1048576">' + b"<c><v>1</v></c>" * 16_000 + b"</row></sheetData>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (changed(lambda sheet: sheet.replace(b"</sheetData>", ROW)), "too_large"),
        (changed(lambda sheet: sheet.replace(b"</sheetData>", ROW_WITHOUT_NAMES)), "too_large"),
        (changed(lambda sheet: sheet.replace(b"</sheetData>", b"<!--" + b" " * 40_000_000 + b"-->")), "xlsx_damaged"),
        (changed(lambda sheet: sheet[: len(sheet) // 2]), "xlsx_damaged"),
        (changed(lambda _: b"\0\xff" * 1000), "xlsx_damaged"),
        (changed(lambda sheet: sheet, **{"content.xml": b"<x/>"}), "xlsx_damaged"),
        (changed(lambda sheet: sheet, **{"padding.bin": b"0" * 60_000_000}), "zip_too_large"),
    ],
)
def test_traps_are_refused(content: bytes, code: str) -> None:
    assert [refusal.code for refusal in read(content, "x.xlsx").refusals] == [code]


def test_an_empty_styled_cell_far_away_is_no_trap() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    assert read(changed(lambda sheet: sheet.replace(b"</sheetData>", far)), "x.xlsx").one.number == "1"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_area_of_a_sheet_does_not_depend_on_where_its_pieces_end(size: int) -> None:
    xml = (
        b'<x:sheetData><x:row r="3"><x:c  r = "C3" s="1"><x:v>1</x:v></x:c><x:c r="ZZ3" s="1"/></x:row></x:sheetData>'
    )
    assert area(xml[at : at + size] for at in range(0, len(xml), size)) == 9


def test_an_old_or_locked_workbook_is_called_by_its_name() -> None:
    found = read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.xls")
    assert found.refused == [("format_unknown", "the whole file")]
    assert ".xlsx" in str(found.refusals[0].message)


def test_pictures_do_no_harm() -> None:
    assert (
        read(changed(lambda sheet: sheet, **{"xl/media/logo.emf": bytes(range(60)) * 50_000}), "x.xlsx").one.number
        == "1"
    )
