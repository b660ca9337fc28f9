"""UBL, CII and Factur-X files of the corpus: each read or refused with path and reason; spot amounts as the file says."""

from pathlib import Path

import pytest
from lxml import etree

from portal.imports.documents import Document
from tests.conftest import CORPUS
from tests.imports.files import Read, due, read, warned

pytestmark = pytest.mark.corpus
FOLDER = CORPUS / "einvoice-ubl-cii-facturx"
NO_INVOICES = {"unit-en16931", "unit-it"}  # sets of fragments for testing validators
REFUSED = {
    "factur-x__order-x-comfort.xml": ("format_unknown", "/SCRDMCCBDACIOMessageStructure"),
    "factur-x__zugferd-extended.xml": ("format_unknown", "/CrossIndustryDocument"),
    "agid-peppol-docs__23_FT_B2B_TD27_AutoFattura_per_autoconsumo.xml": (
        "not_a_receivable", "/Invoice/UBLExtensions/UBLExtension/ExtensionContent/TypeCode",
    ),
    "agid-peppol-docs__28_FT_B2G_TD29_AutoFattura_per_regolarizzazione.xml": (
        "not_a_receivable", "/Invoice/UBLExtensions/UBLExtension/ExtensionContent/TypeCode",
    ),
}  # fmt: skip
# What of each KO file the portal remarks; the rules that they break are the network's (docs/corpus.md).
KO = {
    "agid-peppol-docs__2900000021_ubl.xml": set(),
    "agid-peppol-docs__DC141.xml": set(),
    "agid-peppol-docs__DC291.xml": {"iban_check"},
    "agid-peppol-docs__DC520B.xml": {"tax_code_check"},
    "agid-peppol-docs__IT330.xml": set(),
    "agid-peppol-docs__IT520B.xml": {"tax_code_check"},
    "agid-peppol-docs__de013.xml": set(),
}


@pytest.fixture(autouse=True)
def _needs_the_corpus() -> None:
    if not FOLDER.exists():
        pytest.skip(f"{FOLDER} is not here")


def found(path: Path) -> Read:
    return read(path, path.name)


def test_every_file_is_read_or_refused_with_its_path_and_reason() -> None:
    paths = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    assert len(paths) >= 60
    for path in paths:
        one = found(path)
        if path.parent.name in NO_INVOICES:
            assert one.refused == [("format_unknown", "/testSet")], path
        elif path.name in REFUSED:
            assert one.refused == [REFUSED[path.name]], path
        else:
            assert one.refusals == [], path
            assert len(one.documents) == 1, path
        assert one.documents or all(str(refusal.message) for refusal in one.refusals), path
        for document in one.documents:
            assert all(item.amount.minor > 0 for item in document.due_items), path
            assert document.due_items or "nothing_due" in warned(document), path


def test_the_ko_files_are_read_because_what_they_break_is_not_what_is_owed() -> None:
    paths = sorted((FOLDER / "ubl-peppol-it-ko").iterdir())
    assert {path.name for path in paths} == set(KO)
    for path in paths:
        assert warned(found(path).one) - {"due_date_assumed"} == KO[path.name], path


@pytest.mark.parametrize(
    ("path", "number", "kind", "currency", "total", "items"),
    [
        ("ubl/peppol-bis-invoice-3__Norwegian-example-1.xml", "TOSL108", "invoice", "NOK", 180178,
         [("2013-07-20", 80200)]),
        ("ubl/peppol-bis-invoice-3__Allowance-example.xml", "Snippet1", "invoice", "EUR", 712500,
         [("2017-12-01", 612500)]),
        ("ubl/peppol-bis-invoice-3__base-creditnote-correction.xml", "Snippet1", "credit_note", "EUR", 165625,
         [("2017-12-13", 165625)]),
        ("cii/einvoicing-en16931__CII_example5.xml", "TOSL110", "invoice", "DKK", 467500, [("2013-05-10", 233750)]),
        ("xrechnung/xrechnung-testsuite__01.13a-INVOICE_uncefact.xml", "Rechnungsnummer", "invoice", "EUR", 634270,
         [("2015-01-24", 634270)]),
        ("xrechnung/xrechnung-testsuite__01.13a-INVOICE_ubl.xml", "Rechnungsnummer", "invoice", "EUR", 634270,
         [("2015-01-24", 634270)]),
        ("ubl-peppol-it-ok/agid-peppol-docs__13_FT_B2G_Cassa_previdenziale_Ritenuta_prestazione_imponibile_split_"
         "payment.xml", "13_FT_BIS3_V36_B2G", "invoice", "EUR", 126880, [("2021-01-30", 83200)]),
        ("facturx-pdf/edi__Facture_FR_BASIC.pdf", "FA-2017-0010", "invoice", "EUR", 67115, [("2017-12-13", 47015)]),
        ("facturx-pdf/corpus__Avoir_FR_type381_BASIC.pdf", "AV-2017-0005", "credit_note", "EUR", 23347,
         [("2017-11-16", 23347)]),
    ],
)  # fmt: skip
def test_spot_files_say_what_is_due(
    path: str, number: str, kind: str, currency: str, total: int, items: list[tuple[str, int]]
) -> None:
    one = found(FOLDER / path).one
    assert (one.number, one.kind, one.currency, one.total.minor, due(one)) == (number, kind, currency, total, items)


def test_the_two_spellings_of_one_invoice_read_alike() -> None:
    ubl, cii = (
        found(FOLDER / "xrechnung" / f"xrechnung-testsuite__01.13a-INVOICE_{spelling}.xml").one
        for spelling in ("ubl", "uncefact")
    )
    for name in ("number", "kind", "issued_on", "currency", "total", "due_items", "related"):
        assert getattr(ubl, name) == getattr(cii, name), name
    assert (ubl.debtor.name, ubl.debtor.postcode) == (cii.debtor.name, cii.debtor.postcode)


def test_the_fragments_inside_the_test_sets_never_break_the_reader() -> None:
    for path in sorted(FOLDER.glob("unit-*/*.xml")):
        for fragment in etree.parse(str(path)).getroot().iter("{*}Invoice", "{*}CreditNote"):
            one = read(etree.tostring(fragment), "fragment.xml")
            assert one.refusals or all(isinstance(each, Document) for each in one.documents), path
            assert all(where.startswith("/") for _, where in one.refused), path
