"""The one typed fact: which is asked, what counts as right, and how little guessing helps (rules A-40, A-41, A.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import signing
from portal.core.money import Money
from portal.debtors import facts, gate
from portal.debtors.facts import CUSTOMER_CODE, POSTCODE, VAT_OR_TAX_CODE, Held

COMPANY = Held("IT01234567890", None, "C-0042/b", "20121", is_business=True)
PERSON = Held(None, "RSSMRA80A01H502K", "0043", "00184", is_business=False)
NOBODY = Held(None, None, "--", None, is_business=True)


def right(preferred: str, held: Held, typed: str) -> bool:
    question = facts.question(preferred, held)
    assert question is not None
    return question.is_right(typed)


@pytest.mark.parametrize("typed", ["7890", " 7890 ", "78 90", "78-90", "7.890"])
def test_the_last_four_of_a_vat_number_open(typed: str) -> None:
    assert right(VAT_OR_TAX_CODE, COMPANY, typed)


@pytest.mark.parametrize("typed", ["502K", "502k", "502 k"])
def test_the_last_four_of_a_tax_code_open_in_any_case(typed: str) -> None:
    assert right(VAT_OR_TAX_CODE, PERSON, typed)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "789", "890", "17890", "IT01234567890", "01234567890", "0000", "7891", "٧٨٩٠", "７８９０", "7890'",
    "7890 OR 1=1",
     "7890\x00", "0x1ED2", "7890.0", "7.89e3", "None", "null", "[]", "*", "%", "____"],
)  # fmt: skip
def test_nothing_else_opens(typed: str) -> None:
    expected = typed in {"7890'", "7890\x00"}  # what is no letter and no digit does not matter
    assert right(VAT_OR_TAX_CODE, COMPANY, typed) is expected


def test_either_number_serves_when_both_are_held() -> None:
    both = Held("IT01234567890", "RSSMRA80A01H502K", "1", None, is_business=True)
    assert right(VAT_OR_TAX_CODE, both, "7890")
    assert right(VAT_OR_TAX_CODE, both, "502K")
    assert not right(VAT_OR_TAX_CODE, both, "789U")


@pytest.mark.parametrize("typed", ["C-0042/b", "c0042b", "C 0042 B", " c-0042/B"])
def test_a_customer_code_is_read_as_people_write_it(typed: str) -> None:
    assert right(CUSTOMER_CODE, COMPANY, typed)
    assert not right(CUSTOMER_CODE, COMPANY, typed[:-1])


def test_a_postcode_opens_and_another_does_not() -> None:
    assert right(POSTCODE, COMPANY, "20 121")
    assert not right(POSTCODE, COMPANY, "20122")
    assert not right(POSTCODE, COMPANY, "2012")


@pytest.mark.parametrize("preferred", facts.CHOICES)
def test_the_creditors_choice_is_asked_where_it_is_held(preferred: str) -> None:
    question = facts.question(preferred, COMPANY)
    assert question is not None
    assert question.kind == preferred


def test_what_is_not_held_is_not_asked_and_with_nothing_held_nothing_opens() -> None:
    no_codes = Held(None, None, "0042", None, is_business=False)
    for preferred in facts.CHOICES:
        question = facts.question(preferred, no_codes)
        assert question is not None
        assert question.kind == CUSTOMER_CODE
        assert facts.question(preferred, NOBODY) is None
    short = Held("123", "12", "", "", is_business=True)
    assert facts.question(VAT_OR_TAX_CODE, short) is None


@given(st.text(max_size=20))
def test_an_empty_answer_is_never_right(typed: str) -> None:
    label = facts.t("a")  # as if something empty had slipped in among the answers
    question = facts.Question("x", label, label, label, inputmode="text", maxlength=9, answers=("", ""))
    assert not question.is_right(typed)


@given(st.text(max_size=12))
def test_whatever_is_typed_is_judged_without_a_slip(typed: str) -> None:
    """Strange letters, halves of surrogate pairs, nothing at all: an answer, never an error."""
    for held in (COMPANY, PERSON):
        for kind in facts.CHOICES:
            assert right(kind, held, typed) in {True, False}
    paper = facts.paper_question("128/2026", [Money(123456, "EUR")])
    assert paper.is_right(typed) in {True, False}


@pytest.mark.parametrize(
    "typed",
    ["128/2026", "128-2026", "1282026", "1234,56", "1234.56", "1.234,56", "1,234.56", "1 234,56", "1'234.56",
    "€ 1.234,56",
     "1234,56 €", "EUR 1234,56", "1.234,56 EUR"],
)  # fmt: skip
def test_the_papers_number_or_total_opens_the_code_on_it(typed: str) -> None:
    assert facts.paper_question("128/2026", [Money(123456, "EUR")]).is_right(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "128", "2026", "128/2027", "1234", "1234,5", "1234,57", "-1234,56", "123456", "12,3456", "1.2.3.4,56",
    "1234,56,00",
     "amount:1234.56", "AMOUNT:1234.56", "1e3", "٣", "1234,56 USD"],
)  # fmt: skip
def test_nothing_else_opens_the_code_on_paper(typed: str) -> None:
    assert not facts.paper_question("128/2026", [Money(123456, "EUR")]).is_right(typed)


def test_a_round_total_may_be_typed_without_its_cents() -> None:
    question = facts.paper_question("9", [Money(125000, "EUR")])
    for typed in ("1250", "1250,00", "1.250", "1 250,00"):
        assert question.is_right(typed), typed
    assert not question.is_right("125000")
    assert not question.is_right("1250,01")


def test_the_question_does_not_say_the_answer() -> None:
    for held in (COMPANY, PERSON):
        for kind in facts.CHOICES:
            question = facts.question(kind, held)
            assert question is not None
            shown = " ".join(map(str, (question.label, question.hint, question.where)))
            assert not [answer for answer in question.answers if answer in shown.upper()]


def test_the_odds_are_those_of_the_rules() -> None:
    """vectors.json, guess: last four with five tries, and a thousand million guesses at a million links."""
    assert pytest.approx(0.0005) == gate.MAX_TRIES / 10**4
    hits = 10**6 * 10**9 / 2 ** (8 * signing.MAC_BYTES)
    assert hits == pytest.approx(2.9387358770557188e-24)
    assert signing.QR_LENGTH * 5 >= 8 * (signing.ID_BYTES + signing.MAC_BYTES)
