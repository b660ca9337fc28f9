"""Amounts: one meaning is read, two are asked about, none is refused (pain 17, rule A-63)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.documents import Unreadable
from portal.imports.tables.amounts import AmountColumn, take_apart


def read(raw: object, *others: str, decimal: str | None = None, currency: str = "EUR") -> int:
    """`raw` in a column that also holds `others`."""
    column = AmountColumn(decimal)  # type: ignore[arg-type]
    for line, cell in enumerate((*others, raw), start=2):
        column.see(cell, line)
    column.settle()
    return column.read(raw, currency)


def code(raw: object, *others: str, decimal: str | None = None, currency: str = "EUR") -> str:
    with pytest.raises(Unreadable) as refused:
        read(raw, *others, decimal=decimal, currency=currency)
    return refused.value.code


@pytest.mark.parametrize(
    ("raw", "minor"),
    [
        ("1.234,56", 123456),
        ("1,234.56", 123456),
        ("1234,56", 123456),
        ("1234.56", 123456),
        ("1.234.567,89", 123456789),
        ("1.234.567", 123456700),
        ("1 234,56", 123456),
        ("1\N{NO-BREAK SPACE}234,56", 123456),
        ("1\N{NARROW NO-BREAK SPACE}234,5", 123450),
        ("1'234.50", 123450),
        ("1’234", 123400),
        ("€ 1.234,56", 123456),
        ("1.234,56 €", 123456),
        ("EUR 1.234,56", 123456),
        ("1.234,56 Euro", 123456),
        ("-1.234,56", -123456),
        ("− 1.234,56", -123456),
        ("1.234,56-", -123456),
        ("1.234,56 -", -123456),
        ("€ -1.234,56", -123456),
        ("-€ 1.234,56", -123456),
        ("1.234,56- €", -123456),
        ("(1.234,56)", -123456),
        ("(€ 1.234,56)", -123456),
        ("+12,50", 1250),
        ("12", 1200),
        ("0", 0),
        ("0,00", 0),
        (",50", 50),
        ("12,5", 1250),
        ("12,5000", 1250),
        ("0012,50", 1250),
        ('="12,50"', 1250),
        ("'12,50", 1250),
        ("99.999.999.999,99", 9_999_999_999_999),
        (1234.5, 123450),
        (0.1 + 0.2, 30),
        (1220, 122000),
        (-7.0, -700),
    ],
)
def test_what_has_one_meaning_is_read(raw: object, minor: int) -> None:
    assert read(raw) == minor


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "abc", "1e3", "1E+03", "NaN", "Infinity", "-inf", "1_000", "١٢", "１２", "12.34.56", "1.23.456",
        "1,2,3", "12,", "1.234,", "12 34", "1.2345,6", "--12", "-12-", "(12", "12)", "(-12)", "12%", "1/2", "0x10",
        "$ 12", "12 USD EUR", "dodici", "12 pezzi", "1.234,56.78", ".", ",", "€", "1..234", "1.234'567", "=1+1",
        "12;50", True, None, float("nan"), float("inf"), "9" * 500,
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(raw: object) -> None:
    assert code(raw) in {"amount_unreadable", "amount_too_large"}


@pytest.mark.parametrize("raw", ["1.234", "1,234", "12.345", "-1.234", "€ 999,999", "(1.234)", "1.000"])
def test_two_meanings_are_refused_until_something_settles_them(raw: str) -> None:
    assert code(raw) == "amount_ambiguous"


def test_the_person_settles_two_meanings() -> None:
    assert read("1.234", decimal=",") == 123400
    assert read("1.230", decimal=".") == 123
    assert read("1,234", decimal=".") == 123400
    assert code("12.50", decimal=",") == "amount_unreadable"
    assert code("1.234,56", decimal=".") == "amount_unreadable"


def test_the_rest_of_the_column_settles_two_meanings_if_it_speaks_with_one_voice() -> None:
    assert read("1.234", "12,50") == 123400
    assert read("1.234", "1.234.567") == 123400
    assert read("1,234", "12.50") == 123400
    assert read("1.230", "12.50") == 123
    assert code("1.234", "12,50", "12.50") == "amount_ambiguous"
    assert code("1.234", "1.235", "7") == "amount_ambiguous"
    assert read("12,50", "12.50") == 1250, "a clear amount stays clear whatever stands around it"


@pytest.mark.parametrize(("raw", "currency"), [("12,345", "EUR"), ("1.5", "JPY"), (12.345, "EUR"), ("0,005", "EUR")])
def test_fractions_of_the_smallest_unit_are_never_rounded_away(raw: object, currency: str) -> None:
    assert code(raw, "10,25" if currency == "EUR" else "7", currency=currency) == "amount_decimals"


def test_currencies_have_their_own_digits() -> None:
    assert read("1200", currency="JPY") == 1200
    assert read("1,25", currency="KWD") == 1250
    assert read("1.234", decimal=".", currency="KWD") == 1234


def test_an_amount_in_another_currency_than_its_line_is_refused() -> None:
    assert code("12,50 USD") == "currency_conflict"
    assert read("12,50 USD", currency="USD") == 1250


def test_absurd_sizes_are_refused() -> None:
    assert code("100000000000") == "amount_too_large"
    assert code(1e18) == "amount_unreadable"


def _grouped(whole: int, mark: str) -> str:
    return f"{whole:,}".replace(",", mark)


@given(
    minor=st.integers(0, 10**12),
    style=st.sampled_from([(",", "."), (",", ""), (",", " "), (".", ","), (".", ""), (".", "'")]),
    sign=st.sampled_from(["", "-", "after", "brackets"]),
    unit=st.sampled_from(["", "€ ", " €", " EUR"]),
)
def test_every_usual_spelling_of_an_amount_with_cents_is_read_back(
    minor: int, style: tuple[str, str], sign: str, unit: str
) -> None:
    decimal, grouping = style
    text = f"{_grouped(minor // 100, grouping)}{decimal}{minor % 100:02d}"
    text = unit + text if unit.endswith(" ") else text + unit
    text = {"": text, "-": f"-{text}", "after": f"{text}-", "brackets": f"({text})"}[sign]
    assert read(text) == (-minor if sign else minor)


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_is_refused(raw: str) -> None:
    try:
        spelled = take_apart(raw)
    except Unreadable:
        return
    assert spelled.values
    assert all(abs(value) < Decimal(10) ** 60 for value in spelled.values.values())
    assert any(letter in "0123456789" for letter in raw)


@given(st.from_regex(r"[0-9]{1,3}[.,][0-9]{3}", fullmatch=True))
def test_a_lone_mark_before_three_digits_is_read_only_where_one_meaning_is_possible(raw: str) -> None:
    """`0.123` cannot be thousands, so it is three decimals, which euro has not."""
    if raw.startswith("0") and raw.endswith("0"):
        assert read(raw) == int(Decimal(raw.replace(",", ".")) * 100)
    else:
        assert code(raw) == ("amount_decimals" if raw.startswith("0") else "amount_ambiguous")
