"""Names, numbers and references as banks and payers write them; scores that never rest on the amount alone."""

from hypothesis import given
from hypothesis import strategies as st

from portal.bank_statements import rules, wording
from portal.bank_statements.rules import Evidence
from portal.core import banking
from portal.core.money import Money

ROW_IDS = st.integers(1 << 58, (1 << 63) - 1)


@given(row_id=ROW_IDS, cuts=st.lists(st.integers(1, 20), max_size=5), gap=st.sampled_from([" ", "-", ".", "  "]))
def test_a_reference_is_found_wherever_it_is_torn(row_id: int, cuts: list[int], gap: str) -> None:
    reference = banking.payment_reference(row_id)
    torn = reference
    for cut in sorted({one for one in cuts if one < len(reference)}, reverse=True):
        torn = torn[:cut] + gap + torn[cut:]
    found = wording.rf_spellings(f"saldo ft 12/2026 {torn.lower()} rossi")
    assert row_id in {banking.payment_of(one) for one in found}


def test_only_a_clearly_written_reference_is_shown_as_one() -> None:
    assert wording.rf_written("pagamento RF18 5390 0754 7034 fattura 3") == "RF18539007547034"
    assert wording.rf_written("RF18539007547034") == "RF18539007547034"
    for text in ("RF19539007547034", "xRF18539007547034", "TARIFF18539007547034", ""):
        assert wording.rf_written(text) is None


def test_words_of_banks_for_nothing_are_nothing() -> None:
    for raw in ("NOTPROVIDED", "not provided", "NONREF", "0000000", "", None, " - "):
        assert wording.reference(raw) is None
    assert wording.reference(" OB-77 ") == "OB-77"


def test_names_are_compared_by_their_telling_words() -> None:
    assert rules.likeness("BIANCHI COSTRUZIONI SNC", "Bianchi Costruzioni S.n.c.") == 1
    assert rules.likeness("Rossi Mario", "Mario Rossi") == 1
    assert rules.likeness("Perché No cooperativa", "PERCHE NO COOP.") == 1
    assert rules.likeness("Verdi", "Bianchi Costruzioni") == 0
    assert rules.likeness("S.r.l.", "S.r.l.") == 0, "a legal form is no name"


def test_numbers_in_a_text() -> None:
    found = rules.numbers_in("Saldo ft.128/2026 e fattura n. 7 del 02/03/2026, cliente 42")
    assert found["128/2026"] is True
    assert found["7"] is True
    assert found["02/03/2026"] is False, "a day before it is a number"
    assert found["42"] is False, "two digits stand anywhere"


def test_the_amount_alone_is_the_weakest() -> None:
    alone = Evidence(amount_fits=True)
    assert rules.is_amount_alone(alone)
    for better in (
        Evidence(iban_times=1),
        Evidence(number="7"),
        Evidence(name=1.0),
        Evidence(name=0.7, amount_fits=True),
    ):
        assert rules.score(better) > rules.score(alone)
        assert not rules.is_amount_alone(better)
    assert rules.score(Evidence(True, 3, 2, 1.0, "7")) == 100


@given(amount=st.integers(1, 10**7), opened=st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_a_split_is_the_amount_to_the_cent(amount: int, opened: list[int]) -> None:
    parts = rules.split(Money(amount, "EUR"), [Money(one, "EUR") for one in opened])
    assert sum(part.minor for part in parts) == amount
    assert all(part.minor <= one for part, one in zip(parts[:-1], opened[:-1], strict=True))
