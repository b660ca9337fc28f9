"""Account numbers and payment references: every published example, and what must never pass."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban

from portal.core import banking, ids
from portal.core.banking import IbanCheck
from tests.conftest import CORPUS

IDENTIFIERS = CORPUS / "identifiers-italy"

GOOD_IBANS = [
    "IT60X0542811101000000123456",
    "it60 x054 2811 1010 0000 0123 456",
    "IT25O0306909606100000012345",
    "IT42P076010320000AB12345678",
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "BE72000000001616",
    "GB82WEST12345698765432",
    "SM86U0322509800000000270100",
]
BAD_IBANS = [
    ("IT61X0542811101000000123456", "bad-mod97"),
    ("IT60X054281110100000012345", "bad-length"),
    ("IT60X05428111010000001234567", "bad-length"),
    ("IT64Y0542811101000000123456", "bad-cin"),
    ("IT60X05428111O1000000123456", "bad-it-structure"),
    ("DE88370400440532013000", "bad-mod97"),
    ("XX00", "bad-format"),
    ("", "bad-format"),
    ("IT60X0542811101000000123456\x00", "bad-format"),
    ("ıt60X0542811101000000123456", "bad-format"),
    ("ＩＴ60X0542811101000000123456", "bad-format"),
    ("IT٦0X0542811101000000123456", "bad-format"),
    ("BG93BNBG96611A20345678", "bad-format"),
]

bodies = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21)
row_ids = st.integers(1, 2**63 - 1)
accounts = st.tuples(
    st.text("0123456789", min_size=10, max_size=10),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12),
).map("".join)


def italian_iban(account: str, cin: str | None = None) -> str:
    bban = (cin or banking.italian_cin(account)) + account
    return f"IT{stdnum_iban.calc_check_digits('IT00' + bban)}{bban}"


def need_corpus(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"the corpus is not beside the project ({path})")
    return path


@pytest.mark.parametrize("iban", GOOD_IBANS)
def test_a_right_iban_is_ok_however_it_is_typed(iban: str) -> None:
    assert banking.check_iban(iban) == "ok"
    assert banking.why_not_iban(iban) is None


@pytest.mark.parametrize(("iban", "reason"), BAD_IBANS)
def test_a_wrong_iban_gets_its_reason_and_a_sentence(iban: str, reason: str) -> None:
    assert banking.check_iban(iban) == reason
    assert banking.why_not_iban(iban) is not None


def test_every_reason_has_a_sentence_of_its_own() -> None:
    sentences = {str(banking.why_not_iban(iban)) for iban, _ in BAD_IBANS}
    assert len(sentences) == len(IbanCheck) - 1


def test_check_digits_have_one_spelling() -> None:
    """00, 01 and 99 leave the same remainder as 97, 98 and 02, so modulo 97 alone would take them."""
    twins = {"97": "00", "98": "01", "02": "99"}
    seen = set()
    for number in range(2000):
        iban = italian_iban(f"{number:022d}")
        assert banking.check_iban(iban) == "ok"
        if iban[2:4] in twins:
            seen.add(iban[2:4])
            assert banking.check_iban(f"IT{twins[iban[2:4]]}{iban[4:]}") == "bad-mod97"
    assert seen == set(twins)


@given(accounts, st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_only_one_check_letter_fits_an_italian_account(account: str, letter: str) -> None:
    expected = "ok" if letter == banking.italian_cin(account) else "bad-cin"
    assert banking.check_iban(italian_iban(account, letter)) == expected


@given(accounts, st.data())
def test_one_wrong_character_is_always_noticed(account: str, data: st.DataObject) -> None:
    iban = italian_iban(account)
    place = data.draw(st.integers(2, len(iban) - 1))
    other = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assume(other != iban[place])
    assert banking.check_iban(iban[:place] + other + iban[place + 1 :]) != "ok"


@given(accounts, st.integers(4, 25))
def test_two_swapped_neighbours_are_always_noticed(account: str, place: int) -> None:
    iban = italian_iban(account)
    assume(iban[place] != iban[place + 1])
    swapped = iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :]
    assert banking.check_iban(swapped) != "ok"


@given(st.text())
def test_no_text_breaks_the_checks(text: str) -> None:
    assert banking.check_iban(text) in set(IbanCheck)
    assert banking.is_bic(text) in {True, False}
    assert banking.is_rf(text) in {True, False}


def test_an_iban_is_shown_in_groups_of_four() -> None:
    assert banking.group_iban("it60x0542811101000000123456") == "IT60 X054 2811 1010 0000 0123 456"
    assert banking.normalise_iban(banking.group_iban(GOOD_IBANS[0])) == GOOD_IBANS[0]


def test_who_needs_a_bic_and_whom_sepa_reaches() -> None:
    assert banking.is_eea("IT60X0542811101000000123456")
    assert banking.is_eea("no93 8601 1117 947")
    for outside in ("GB82WEST12345698765432", "CH9300762011623852957", "SM86U0322509800000000270100"):
        assert not banking.is_eea(outside)
        assert banking.is_sepa(outside)
    assert not banking.is_sepa("BR1800000000141455123924100C2")
    assert len(banking.EEA) == 30


@pytest.mark.parametrize("bic", ["BPMOIT22XXX", "WESTGB22", "bfsw de 33 ber", "BPOTBEB1"])
def test_a_bic_has_eight_or_eleven_characters(bic: str) -> None:
    assert banking.is_bic(bic)


@pytest.mark.parametrize("bic", ["", "BHBLDEHHXXXX", "YOURBIC", "BPMO1T22", "BPMOZZ22", "BPMO-IT22", "BPMOIT2²"])
def test_what_is_no_bic(bic: str) -> None:
    assert not banking.is_bic(bic)


@pytest.mark.parametrize(
    ("body", "rf"),
    [
        ("539007547034", "RF18539007547034"),
        ("2348231", "RF712348231"),
        ("FT2026000123", "RF17FT2026000123"),
        ("INV2026001234", "RF74INV2026001234"),
        ("A", "RF25A"),
        ("0000000000000000000A1", "RF900000000000000000000A1"),
        ("9F3K7Q2M8X", "RF149F3K7Q2M8X"),
    ],
)
def test_published_references(body: str, rf: str) -> None:
    assert banking.make_rf(body) == rf
    assert banking.is_rf(rf)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("RF19539007547034", False),
        ("RF18 5390 0754 7034", True),
        ("rf18539007547034", True),
        ("RF18539007547043", False),
        ("RF00A", False),
        ("RF181111111111111111111111", False),
        ("RF1853900754703-", False),
        ("RF18-5390-0754-7034", False),
        ("RF18", False),
        ("RF1853900754703４", False),
        ("", False),
    ],
)
def test_references_as_people_write_them(typed: str, right: bool) -> None:
    assert banking.is_rf(typed) is right


@pytest.mark.parametrize("body", ["", "a", "2026/001", "A" * 22, "Ä", "1 2"])
def test_no_reference_is_made_of_other_characters(body: str) -> None:
    with pytest.raises(ValueError, match="body"):
        banking.make_rf(body)


@given(bodies)
def test_what_is_made_is_right_and_has_one_spelling(body: str) -> None:
    rf = banking.make_rf(body)
    assert banking.is_rf(rf)
    assert [digits for digits in range(100) if banking.is_rf(f"RF{digits:02d}{body}")] == [int(rf[2:4])]


@given(row_ids)
def test_a_payment_and_its_reference_name_each_other(row_id: int) -> None:
    reference = banking.payment_reference(row_id)
    assert banking.is_rf(reference)
    assert len(reference) - 4 <= 21
    assert not set("ILOU") & set(reference[4:])
    assert banking.payment_of(reference) == row_id
    assert banking.payment_of(banking.group_by_four(reference).lower()) == row_id


@given(row_ids, row_ids)
def test_two_payments_never_share_a_reference(one: int, other: int) -> None:
    assume(one != other)
    assert banking.payment_reference(one) != banking.payment_reference(other)


@given(row_ids, st.integers(1, 8))
def test_zeros_added_by_a_bank_are_forgiven(row_id: int, zeros: int) -> None:
    """Leading zeros do not change the check digits, and some banks fill the body up with them."""
    reference = banking.payment_reference(row_id)
    padded = f"{reference[:4]}{'0' * zeros}{reference[4:]}"
    assert banking.is_rf(padded)
    assert banking.payment_of(padded) == row_id


def test_a_reference_of_today_is_four_groups_of_four() -> None:
    reference = banking.payment_reference(ids.new_id())
    assert [len(group) for group in banking.group_by_four(reference).split()] == [4, 4, 4, 4]


@pytest.mark.parametrize("row_id", [0, -1, 2**63])
def test_only_row_ids_have_references(row_id: int) -> None:
    with pytest.raises(ValueError, match="row id"):
        banking.payment_reference(row_id)


@pytest.mark.parametrize(
    "foreign",
    [
        banking.make_rf("INV2026001234"),
        banking.make_rf("9" * 21),
        banking.make_rf("0"),
        "RF19539007547034",
        "F 12/3",
    ],
)
def test_the_references_of_others_name_no_payment(foreign: str) -> None:
    assert banking.payment_of(foreign) is None


@pytest.mark.corpus
def test_ibans_that_others_check() -> None:
    path = need_corpus(IDENTIFIERS / "vectors" / "stdnum_iban.json")
    blocks = json.loads(path.read_text(encoding="utf-8"))["blocks"]
    assert len(blocks) == 5
    for block in blocks:
        # One block holds Spanish accounts whose national check digits are wrong: no account of anybody's.
        expected = block["expect"] == "all VALID"
        assert [n for n in block["numbers"] if (banking.check_iban(n) == "ok") is not expected] == []


@pytest.mark.corpus
def test_references_that_others_check() -> None:
    path = need_corpus(IDENTIFIERS / "vectors" / "stdnum_rf_iso11649.json")
    [block] = json.loads(path.read_text(encoding="utf-8"))["blocks"]
    assert len(block["numbers"]) == 100
    assert [n for n in block["numbers"] if not banking.is_rf(n)] == []


@pytest.mark.corpus
def test_the_example_of_every_sepa_country_is_right() -> None:
    path = need_corpus(IDENTIFIERS / "registries" / "php-iban_registry.txt")
    with path.open(encoding="utf-8", newline="") as lines:
        examples = {row["country_code"]: row["iban_example"] for row in csv.DictReader(lines, delimiter="|")}
    known = banking.SEPA - {"VA"}  # this registry is older than the Vatican's IBANs
    assert {country: str(banking.check_iban(examples[country])) for country in known} == dict.fromkeys(known, "ok")
