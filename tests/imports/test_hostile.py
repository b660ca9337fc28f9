"""Whatever is uploaded, reading it ends with documents or refusals, never with an exception."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.formats import all_formats
from tests.conftest import CORPUS
from tests.imports.files import Read, fattura, read, read_all, table

NAMES = ("upload.csv", "upload.xml", "upload.xml.p7m", "upload.xlsx", "upload.zip", "upload")
HEADERS = "Numero;Data;Scadenza;Importo;Cliente;P.IVA;E-mail;Telefono;Lingua;CAP;Nazione;Tipo documento"


def sound(found: Read) -> None:
    """Something is said, in words that a page and a terminal can show."""
    for document in found.documents:
        assert document.total.minor >= 0
        assert all(item.amount.minor > 0 for item in document.due_items)
        assert document.number.isprintable()
        assert document.debtor.name.isprintable()
        assert document.debtor.name
        assert len(document.debtor.name) <= 200
        assert len(document.number) <= 60
        document.as_json()
    for remark in (*found.refusals, *found.notes, *(w for d in found.documents for w in d.warnings)):
        said = remark.as_json()
        assert said["code"]
        assert said["message"].isprintable(), said["message"]
        assert len(said["where"]) <= 300


@given(content=st.binary(max_size=2000), name=st.sampled_from(NAMES))
def test_any_bytes(content: bytes, name: str) -> None:
    for found in read_all(content, name):
        sound(found)
        assert found.documents or found.refusals


@given(rows=st.lists(st.lists(st.text(max_size=20), max_size=14), max_size=5))
def test_any_cells(rows: list[list[str]]) -> None:
    sound(table(*(";".join(row) for row in rows), headers=HEADERS))


@given(data=st.data())
def test_any_damage_to_a_format_s_example(data: st.DataObject) -> None:
    made = data.draw(st.sampled_from([each.example() for each in all_formats()]))
    damaged = bytearray(made)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for found in read_all(bytes(damaged), data.draw(st.sampled_from(NAMES))):
        sound(found)


PLACES = [
    "2026-03-02</Data>\n        <Numero>", "1220.00</ImportoTotale", "TD01", "EUR", "2026/101</Numero>",
    "07973780013", "Officine Brenta", "IT60X0542811101000000123456", "MP05", "610.00", "2026-04-30",
    "brenta@pec.example", "35121",
]  # fmt: skip


@given(text=st.text(max_size=60).filter(lambda text: not set(text) & set("<&>")), place=st.sampled_from(PLACES))
def test_any_text_in_an_invoice(text: str, place: str) -> None:
    _, mark, rest = place.partition("</")
    sound(read(fattura({place: text + mark + rest}).decode().encode("utf-8", "replace"), "a.xml"))


def hostile_files() -> list[Path]:
    folder = CORPUS / "bad-input"
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.mark.corpus
def test_bad_input_of_every_kind_under_every_name() -> None:
    paths = hostile_files()
    if not paths:
        pytest.skip(f"{CORPUS / 'bad-input'} is not here")
    for path in paths:
        for name in NAMES:
            for found in read_all(path, name):
                sound(found)
                assert not found.documents
                assert found.refusals, path


@pytest.mark.corpus
def test_bad_strings_in_every_cell() -> None:
    """Naughty strings, CSV injection, SQL and script: text stays text, numbers and dates are refused."""
    strings = [
        line
        for path in hostile_files()
        if path.suffix == ".txt" and path.parent.name in {"strings", "csv-injection", "xss", "sqli", "upload-names"}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
    if not strings:
        pytest.skip(f"{CORPUS / 'bad-input'} is not here")
    good = ["7", "2026-03-02", "2026-04-30", "10,00", "Rossi", "", "", "", "", "", "", ""]
    rows = []
    for at, text in enumerate(strings):
        quoted = '"' + text.replace('"', '""') + '"'
        row = [f"{at}", *good[1:]]
        row[at % len(good)] = quoted
        rows.append(";".join(row))
    found = table(*rows, headers=HEADERS)
    sound(found)
    assert len(found.documents) > len(strings) // 3
    assert {refusal.code for refusal in found.refusals} <= {
        "number_unreadable", "number_missing", "date_unreadable", "amount_unreadable", "amount_ambiguous",
        "amount_decimals", "kind_unknown", "debtor_missing", "amount_too_large", "date_missing", "amount_missing",
        "row_repeated", "document_incomplete", "mixed_signs", "currency_conflict", "date_serial",
        "date_ambiguous", "number_damaged",
    }  # fmt: skip
