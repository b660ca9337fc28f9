"""Money: whole minor units, never mixed, never rounded, split without losing a cent (rules B-15, A-63, D-11)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import (
    THREE_DECIMAL,
    ZERO_DECIMAL,
    CurrencyMismatch,
    Money,
    digits,
    from_decimal,
    from_typed,
    total,
)

MINOR = st.integers(min_value=-(10**15), max_value=10**15)
CURRENCY = st.sampled_from(["EUR", "USD", "JPY", "KWD", "XAF", "CHF"])
MONEY = st.builds(Money, MINOR, CURRENCY)
EURO = st.builds(Money, MINOR, st.just("EUR"))
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=24).filter(any)


@given(EURO, EURO, EURO)
def test_sums_are_exact_in_any_order(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (b + c) == total([c, b, a], "EUR")
    assert a + b == b + a
    assert (a + b) - b == a
    negative = -a
    assert -negative == a
    assert (a < b) == (a.minor < b.minor) == (b > a)
    assert (a <= b) == (not a > b)


@given(MONEY, MONEY)
def test_currencies_never_mix(a: Money, b: Money) -> None:
    if a.currency == b.currency:
        return
    for sum_of in (
        lambda: a + b, lambda: a - b, lambda: a < b, lambda: a <= b, lambda: a > b, lambda: a >= b,
        lambda: total([a, b], a.currency),
    ):  # fmt: skip
        with pytest.raises(CurrencyMismatch):
            sum_of()
    assert a != b


@given(EURO, WEIGHTS)
def test_a_split_loses_nothing_and_is_fair(whole: Money, weights: list[int]) -> None:
    parts = whole.split(weights)
    assert total(parts, "EUR") == whole
    for part, weight in zip(parts, weights, strict=True):
        fair = Decimal(whole.minor) * weight / sum(weights)
        assert abs(part.minor - fair) < 1
        assert part.minor == 0 or weight > 0, "what weighs nothing gets nothing"


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=1, max_value=60))
def test_equal_parts_differ_by_a_cent_at_most_and_the_larger_come_first(minor: int, count: int) -> None:
    """B-70: base = total div n, the first (total mod n) have one cent more."""
    parts = [part.minor for part in Money(minor, "EUR").split([1] * count)]
    assert parts == [minor // count + 1] * (minor % count) + [minor // count] * (count - minor % count)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2], [1, -1]])
def test_weights_that_mean_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Money(100, "EUR").split(weights)


@given(MONEY)
def test_what_is_written_is_read_again(amount: Money) -> None:
    assert from_decimal(Decimal(amount.plain), amount.currency) == amount
    assert from_decimal(amount.decimal, amount.currency) == amount
    places = amount.plain.partition(".")[2]
    assert len(places) == digits(amount.currency)
    assert "e" not in amount.plain.lower()


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("10.00", "EUR", 1000), ("500", "JPY", 500), ("5.124", "KWD", 5124), ("0.1", "EUR", 10), ("0.29", "EUR", 29)],
)
def test_minor_units_are_the_currencys_own(typed: str, currency: str, minor: int) -> None:
    assert from_decimal(Decimal(typed), currency) == Money(minor, currency)
    assert not ZERO_DECIMAL & THREE_DECIMAL


@pytest.mark.parametrize("wrong", ["NaN", "sNaN", "Infinity", "-Infinity", "0.001", "1E-3", "0.005"])
def test_what_is_no_whole_number_of_cents_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        from_decimal(Decimal(wrong), "EUR")


@pytest.mark.parametrize("minor", [1.0, True, "1", None, Decimal(1)])
def test_money_is_made_of_an_int_and_nothing_else(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["eur", "EURO", "EU", "", "€", "ÈUR", "E R"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError):
        Money(1, currency)


@given(st.integers(min_value=0, max_value=999_999_999), st.integers(min_value=0, max_value=99), st.sampled_from(".,"))
def test_a_typed_amount_is_read_exactly(whole: int, cents: int, mark: str) -> None:
    assert from_typed(f"{whole}{mark}{cents:02d}", "EUR").minor == whole * 100 + cents
    assert from_typed(str(whole), "EUR").minor == whole * 100


@pytest.mark.parametrize(
    "typed",
    ["", " ", "1e3", "NaN", "Infinity", "1_000", "١٢", " 12.30 ", "12.30 ", "12.345", "12.", ".5", "-1", "+1",
    "1.000,00",
     "1,000.00", "0x10", "1234567890", "12.30\n", "１２", "1\x00", "12,3,4", "€12", "12 €", "1²"],
)  # fmt: skip
def test_anything_else_that_is_typed_is_refused(typed: str) -> None:
    """Python's Decimal would take most of these (rule A-63)."""
    with pytest.raises(ValueError):
        from_typed(typed, "EUR")


@given(st.text(max_size=14))
def test_a_typed_amount_is_read_by_the_rules_pattern_or_not_at_all(typed: str) -> None:
    try:
        amount = from_typed(typed, "EUR")
    except ValueError:
        return
    assert typed.isascii()
    assert amount == from_decimal(Decimal(typed.replace(",", ".")), "EUR")
