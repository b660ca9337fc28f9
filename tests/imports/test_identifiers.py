"""VAT numbers, tax codes, addresses: checked, kept as written when wrong, never made up."""

import json

import pytest

from portal.imports import identifiers
from tests.conftest import CORPUS

CHECKS = {
    "stdnum/it/iva.py": lambda value: identifiers.split_vat(value)[2] is None,
    "stdnum/it/codicefiscale.py": lambda value: identifiers.split_tax_code(value)[1] is None,
}


@pytest.mark.corpus
@pytest.mark.parametrize("module", CHECKS)
def test_italian_numbers_pass_and_fail_as_the_published_examples_do(module: str) -> None:
    path = CORPUS / "identifiers-italy" / "vectors" / "stdnum_docstring_examples.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    examples = [example for example in json.loads(path.read_text())[module] if example["call"] == "validate"]
    assert examples
    for example in examples:
        assert CHECKS[module](example["arg"]) is not example["result"].startswith("Traceback"), example


@pytest.mark.parametrize(
    ("raw", "country", "number", "found", "doubt"),
    [
        ("07973780013", None, "07973780013", None, None),
        ("IT07973780013", None, "07973780013", "IT", None),
        ("IT 0797 378 0013", "IT", "07973780013", "IT", None),
        ("7973780013", None, "07973780013", None, "vat_number_padded"),
        ("07973780014", None, "07973780014", None, "vat_number_check"),
        ("DE136695976", None, "136695976", "DE", None),
        ("136695976", "DE", "136695976", "DE", None),
        ("136695977", "DE", "136695977", "DE", "vat_number_check"),
        ("EL094259216", None, "094259216", "GR", None),
        ("ATU13585627", None, "U13585627", "AT", None),
        ("CHE-107.787.577 IVA", None, "CHE107787577IVA", "CH", None),
        ("CHE107787578", "CH", "CHE107787578", "CH", "vat_number_check"),
        ("7,97378E+09", None, "", None, "vat_number_damaged"),
        ("DEMO SRL", None, "DEMOSRL", None, "vat_number_check"),
        ("=cmd|' /C calc'!A0", None, "=CMD|'CCALC'!A0", None, "vat_number_check"),
    ],
)
def test_vat_numbers(raw: str, country: str | None, number: str, found: str | None, doubt: str | None) -> None:
    read = identifiers.split_vat(raw, country)
    assert read[:2] == (number, found)
    assert (read[2][0] if read[2] else None) == doubt


def test_who_is_a_business_is_told_only_by_numbers() -> None:
    assert identifiers.kind_of("07973780013", "RCCMNL83S18D969H") == "business"
    assert identifiers.kind_of(None, "07973780013") == "business"
    assert identifiers.kind_of(None, "RCCMNL83S18D969H") == "consumer"
    assert identifiers.kind_of(None, None) is None
    assert identifiers.kind_of(None, "??") is None


@pytest.mark.parametrize(
    ("raw", "email", "doubt"),
    [
        ("a@b.example", "a@b.example", None),
        ("mailto:a@b.example", "a@b.example", None),
        ("a@b.example; c@d.example", "a@b.example", "email_several"),
        ("a@b", None, "email_unreadable"),
        ("mario", None, "email_unreadable"),
        ("a@b.example\r\nBcc: x@y.example", "a@b.example", "email_several"),
        ('"<script>"@b.example', None, "email_unreadable"),
    ],
)
def test_email(raw: str, email: str | None, doubt: str | None) -> None:
    found, what = identifiers.read_email(raw)
    assert (found, what[0] if what else None) == (email, doubt)


def test_countries_and_languages_in_words_or_codes() -> None:
    assert [identifiers.read_country(raw) for raw in ("IT", "italia", "Germany", "UK", "391", "")] == [
        "IT", "IT", "DE", "GB", None, None,
    ]  # fmt: skip
    assert [identifiers.read_language(raw) for raw in ("it", "Italiano", "de_AT", "English", "xx1")] == [
        "it", "it", "de", "en", None,
    ]  # fmt: skip


def test_an_italian_postcode_gets_its_zeros_back_and_a_foreign_one_does_not() -> None:
    assert identifiers.read_postcode("187", italian=True) == "00187"
    assert identifiers.read_postcode("8001", italian=False) == "8001"


def test_text_loses_what_cannot_be_seen() -> None:
    assert identifiers.clean("Rossi\x00 \x1b[31m\u202esrl\n & C.") == "Rossi [31msrl & C."
    assert len(identifiers.clean("x" * 1000)) == 200
