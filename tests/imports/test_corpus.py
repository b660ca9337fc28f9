"""Every real file of the corpus is read or refused with a reason, and docs/corpus.md says which."""

from pathlib import Path

import pytest

from tests.bank_statements.corpus_report import HEADING
from tests.conftest import CORPUS
from tests.imports.corpus_report import files, report
from tests.imports.files import due, read, warned

pytestmark = pytest.mark.corpus
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "corpus.md"
XML = CORPUS / "fatturapa" / "xml"

REFUSED_XML = {
    "corpus__con-ritenuta-acconto-e-cassa-previdenziale.xml": {"xml_broken"},
    "fattura-elettronica-json__00.xml": {"date_unreadable", "kind_unknown", "currency_unknown"},
    "fattura-elettronica-json__05.xml": {"date_unreadable", "kind_unknown", "currency_unknown"},
    "l10n-italy__IT02780790107_11010.xml": {"not_a_receivable"},
    "l10n-italy__IT10538570960_00003.xml": {"not_a_receivable"},
}


@pytest.fixture(autouse=True)
def _needs_the_corpus() -> None:
    if not CORPUS.exists():
        pytest.skip(f"{CORPUS} is not here")


def test_the_page_says_what_the_readers_do() -> None:
    page = PAGE.read_text().splitlines()
    page = page[: page.index(HEADING)] if HEADING in page else page  # behind it: tests/bank_statements
    assert page == list(report(files())), (
        "run both reports again: python -m tests.imports.corpus_report > docs/corpus.md; "
        "python -m tests.bank_statements.corpus_report >> docs/corpus.md"
    )


def test_every_invoice_is_read_but_those_with_a_reason() -> None:
    paths = sorted(XML.iterdir())
    assert len(paths) > 50
    for path in paths:
        found = read(path, path.name)
        assert {code for code, _ in found.refused} == REFUSED_XML.get(path.name, set()), path
        assert bool(found.documents) is (path.name not in REFUSED_XML), path
        for document in found.documents:
            assert all(item.amount.minor > 0 for item in document.due_items)
            assert document.due_items or "nothing_due" in warned(document)


def test_invalid_and_malicious_files_and_messages_are_refused() -> None:
    for folder, codes in (("invalid", {"missing"}), ("malicious", {"xml_dtd"}), ("sdi-messages", {"sdi_message"})):
        paths = sorted((CORPUS / "fatturapa" / folder).iterdir())
        assert paths
        for path in paths:
            found = read(path, path.name)
            assert found.documents == []
            assert {code for code, _ in found.refused} == codes, path


@pytest.mark.parametrize(
    ("name", "number", "total", "items"),
    [
        ("l10n-italy__IT01234567890_FPR13.xml", "FPR 16/20", 1903200, [("2020-09-30", 1591200)]),
        ("l10n-italy__IT05979361218_001.xml", "FT/2015/0006", 5700, [("2015-03-18", 2700), ("2015-04-17", 2700)]),
        ("l10n-italy__IT05979361218_006.XML", "FT/2015/0011", 143179, [("2015-03-19", 117360)]),
        ("l10n-italy__IT01234567890_FPR08.xml", "124", 228384, [("2020-02-08", 192384)]),
        ("l10n-italy__IT01234567890_FPR11.xml", "14401", 122000, [("2020-02-08", 112800)]),
        ("l10n-italy__IT06363391001_00014-2.xml", "INV/2019/0014", 1220, [("2019-02-28", 937)]),
        ("gobl.fatturapa__invoice-windows1252.xml", "1", 16914, [("2025-02-22", 16914)]),
        ("fatturaelettronica__ESEMPIO_FT_SEMPL_2.xml", "AAA123456789", 178, [("2021-01-28", 178)]),
        ("fatturaelettronica__IT01234567890_11001_spazi.xml", "123", 610, [("2015-01-30", 610)]),
    ],
)
def test_what_is_due_on_known_invoices(name: str, number: str, total: int, items: list[tuple[str, int]]) -> None:
    document = read(XML / name, name).one
    assert (document.number, document.total.minor, due(document)) == (number, total, items)


def test_credit_notes_are_positive_whatever_their_sign() -> None:
    for name, total in (
        ("l10n-italy__IT01234567890_FPR07.xml", 2440),
        ("corpus__fattpa-creditnote.to-ublcn-working-example.xml", 152760),
    ):
        document = read(XML / name, name).one
        assert (document.kind, document.total.minor) == ("credit_note", total)
        assert "negative_amount" in warned(document)


def test_two_wrappings_of_one_signed_invoice_read_alike() -> None:
    folder = CORPUS / "fatturapa" / "p7m"
    first, second = (read(path, "a.p7m").one for path in sorted(folder.glob("felettr*.p7m")))
    assert first == second
    assert (first.total.minor, due(first)) == (12200, [("2018-07-08", 10000)]), "split payment: the VAT is not due"


def test_the_ibm_ledger_to_the_cent() -> None:
    path = CORPUS / "receivables-datasets" / "ibm_WA_Fn-UseC_-Accounts-Receivable.csv"
    found = read(path, path.name)
    assert (len(found.documents), found.refusals) == (2466, [])
    assert sum(d.total.minor for d in found.documents) == 14770318
    assert found.layout is not None
    assert set(found.layout.date_orders.values()) == {"mdy"}
    assert sum(d.disputed for d in found.documents) == 561
    assert all(d.settled_on for d in found.documents)
    assert max((d.settled_on - d.issued_on).days for d in found.documents if d.settled_on) < 120
