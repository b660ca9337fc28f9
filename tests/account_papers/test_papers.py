"""The papers themselves: fit to be kept, the same bytes, unbroken by names, and tables that hold no formula."""

import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from portal.account_papers import quietanza, settlements, statement_pdf, statement_xlsx, statements
from portal.account_papers.settlements import Settlement
from portal.account_papers.statements import Account, Due, Entry, Note
from portal.core.money import Money
from portal.creditors.faces import FIELDS, Face
from portal.debtors.models import Debtor
from portal.ledger import accounts
from portal.web import i18n
from tests.account_papers.reading import sheets_of, text_of
from tests.documents.test_typst import HOSTILE

DAY = date(2026, 11, 21)
KNOWN: dict[str, Any] = {
    "id": 1, "name": "Rossi Impianti S.r.l.", "display_name": "Rossi Impianti", "phone": "+39 051 0000001",
    "contact_name": "Giulia Rossi", "address": "Via Emilia 118, Imola", "vat_number": "IT01234567890",
    "time_zone": "Europe/Rome", "currency": "EUR", "language": "it",
}  # fmt: skip
FACE = Face(*(KNOWN.get(name) for name in FIELDS))  # type: ignore[arg-type]
FORMULAS = [
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "{=1}",
    "http://evil.example",
]


def debtor(name: str = "Bianchi Costruzioni S.n.c.", code: str = "0042") -> Debtor:
    return Debtor(id=5, code=code, name=name, kind="business", language="it")


def books(rows: int, *, settled: bool = False, number: str = "", currency: str = "EUR") -> tuple[Any, Any, Any]:
    """So many documents with payments, interest, costs and a credit note; all settled, or every third."""
    dues, entries = [], []
    for n in range(rows):
        issued = date(2026, 1, 1) + timedelta(days=n % 250)
        dues.append(Due(n + 1, n + 1, number or f"{n + 1}/2026", issued, issued + timedelta(days=30), 1, 1))
        charge = Money(10_000 + n, currency)
        entries.append(Entry(10 * n, issued, "invoice", accounts.RECEIVABLE, accounts.SALES, n + 1, charge))
        if settled or n % 3 == 0:
            paid_on = issued + timedelta(days=33)
            entries.append(Entry(10 * n + 1, paid_on, "payment", accounts.BANK, accounts.RECEIVABLE, n + 1, charge))
        elif n % 3 == 1:
            interest = Money(123, currency)
            late = issued + timedelta(days=40)
            entries.append(Entry(10 * n + 2, late, "interest", accounts.RECEIVABLE, "interest", n + 1, interest))
    notes = [] if settled else [Note(900, number or "NC 1", date(2026, 2, 1), Money(700, currency), number or None)]
    for note in notes:
        kept = Entry(9_000_000, note.issued_on, "credit_note", accounts.CREDIT_NOTES, accounts.UNALLOCATED, None,
                     note.amount, "credit_note", note.invoice_id)  # fmt: skip
        entries.append(kept)
    return dues, notes, entries


def account(rows: int = 3, **values: Any) -> list[Account]:
    return statements.fold(DAY, *books(rows, **values))


def settled(rows: int = 3, **values: Any) -> Settlement:
    dues, _, entries = books(rows, settled=True, **values)
    found = settlements.settlement(dues, entries)
    assert found is not None
    return found


def pdfs(language: str, rows: int) -> list[bytes]:
    i18n.use(language)
    found = [
        statement_pdf.pdf(FACE, debtor(), DAY, account(rows)),
        quietanza.pdf(FACE, debtor(), settled(rows)),
    ]
    i18n.use(i18n.DEFAULT)
    return found


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("rows", [1, 12, 300])
def test_papers_are_for_keeping_and_for_reading_aloud(language: str, rows: int) -> None:
    for pdf in pdfs(language, rows):
        reader = PdfReader(io.BytesIO(pdf))
        root: Any = reader.trailer["/Root"]
        assert root["/Lang"] == language
        assert root["/MarkInfo"]["/Marked"].value is True
        xmp = root["/Metadata"].get_object().get_data().decode()
        for marker in ("pdfaid:part>2<", "pdfaid:conformance>A<", "pdfuaid:part>1<"):
            assert marker in xmp
        text = text_of(pdf)
        missing = [n for n in range(1, rows + 1) if f"{n}/2026" not in text]
        assert missing == []
        assert (len(reader.pages) > 4) is (rows == 300)


def test_the_same_facts_give_the_same_bytes_and_others_do_not() -> None:
    assert pdfs("it", 12) == pdfs("it", 12)
    first, second = pdfs("it", 12), pdfs("it", 13)
    assert not set(first) & set(second)
    assert not set(first) & set(pdfs("en", 12))
    table = statement_xlsx.xlsx(FACE, debtor(), DAY, account())
    assert table == statement_xlsx.xlsx(FACE, debtor(), DAY, account())
    assert table != statement_xlsx.xlsx(FACE, debtor(), DAY, account(4))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_and_no_number_breaks_a_paper(text: str) -> None:
    """Names of any length; a number has as many characters as its column."""
    number = text[:60]
    face = replace(FACE, name=text[:200], address=text[:300])
    other = debtor(text[:200], text[:40])
    for pdf in (
        statement_pdf.pdf(face, other, DAY, account(number=number)),
        quietanza.pdf(face, other, settled(number=number)),
    ):
        assert pdf.startswith(b"%PDF-1.7")
        assert len(PdfReader(io.BytesIO(pdf)).pages) < 20
    sheets = sheets_of(statement_xlsx.xlsx(face, other, DAY, account(number=number)))
    assert len(sheets["Documenti" if "Documenti" in sheets else "Documents"]) == 4


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_in_the_table_is_a_formula_or_a_link(text: str) -> None:
    content = statement_xlsx.xlsx(replace(FACE, name=text), debtor(text, text), DAY, account(number=text))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            xml = parts.read(name).decode()
            assert "<f>" not in xml, name
            assert "<f " not in xml, name
            assert "<hyperlink" not in xml, name
            assert "relationships/hyperlink" not in xml, name
    documents = list(sheets_of(content).values())[1]
    assert [row[0] for row in documents[1:]] == [text.strip("\t")] * 3


def test_every_currency_stands_alone_and_its_cents_are_its_own() -> None:
    mixed = [*account(2), *account(2, currency="JPY"), *account(2, currency="KWD")]
    text = text_of(statement_pdf.pdf(FACE, debtor(), DAY, mixed))
    assert all(f"· {currency}" in text for currency in ("EUR", "JPY", "KWD"))
    sheets = list(sheets_of(statement_xlsx.xlsx(FACE, debtor(), DAY, mixed)).values())
    first = {row[3]: row[4] for row in sheets[1][1:] if row[0] == "1/2026"}
    assert first == {"EUR": 100.0, "JPY": 10_000.0, "KWD": 10.0}


def test_a_table_of_many_rows_is_whole() -> None:
    sheets = list(sheets_of(statement_xlsx.xlsx(FACE, debtor(), DAY, account(5_000))).values())
    assert len(sheets[1]) == 5_001
    assert sheets[1][-1][1] == max(row[1] for row in sheets[1][1:])
    assert round(sum(row[8] for row in sheets[1][1:]), 2) == float(account(5_000)[0].open.decimal)


def test_the_italian_letter_is_a_quietanza() -> None:
    text = text_of(pdfs("it", 3)[1])
    for piece in (
        "Quietanza liberatoria",
        "dichiara di aver ricevuto da Bianchi Costruzioni S.n.c. la somma di 300,03",
        "di non avere altro a pretendere per i documenti qui elencati",
    ):
        assert piece in text, piece
    assert "Estratto conto" in text_of(pdfs("it", 3)[0])
