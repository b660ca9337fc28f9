"""Every worked example of rule B.8, exact: rows, days, rates, amounts, totals, the art. 1194 imputation, due dates."""

import json
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from portal.core.money import Money, from_decimal
from portal.interest import counting, due_dates, rates, rules
from portal.interest.rates import Regime
from portal.ledger.rules import Line, open_apart
from tests.conftest import CORPUS

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
INTEREST: dict[str, Any] = VECTORS["interest"]


def eur(text: str) -> Money:
    return from_decimal(Decimal(text), "EUR")


def day(text: str) -> date:
    return date.fromisoformat(text)


def example(begin: str) -> Any:
    return next(value for name, value in INTEREST.items() if name.startswith(begin))


def shown(found: list[rules.Row]) -> list[tuple[date, date, int, Decimal, Money]]:
    return [(row.first, row.last, row.days, row.rate, row.amount) for row in found]


@pytest.mark.parametrize(
    ("name", "capital", "due", "paid", "regime"),
    [
        ("I1", "10000.00", "2023-05-31", "2024-02-15", Regime.B2B),
        ("I2", "1234.56", "2025-06-15", "2025-07-20", Regime.B2B),
        ("I3", "850.00", "2024-12-10", "2025-03-31", Regime.CONSUMER),
        ("I4", "5000.00", "2024-01-31", "2024-03-31", Regime.B2B),
        ("I5", "100.00", "2024-01-31", "2024-01-31", Regime.B2B),
        ("I6", "2000.00", "2022-12-15", "2026-01-31", Regime.CONSUMER),
    ],
)
def test_rows_and_total(name: str, capital: str, due: str, paid: str, regime: Regime) -> None:
    wanted = example(name)
    found = rules.late_interest(eur(capital), day(due), day(paid), regime)
    assert shown(found) == [
        (day(first), day(last), days, Decimal(rate), eur(amount))
        for first, last, days, rate, amount in wanted["rows"]
    ]
    assert rules.sum_of(found, "EUR") == eur(wanted["total"])


def test_a_period_that_nobody_verified_is_refused() -> None:
    with pytest.raises(rates.Unverified) as refused:
        rules.late_interest(eur("1000.00"), day("2026-05-31"), day("2026-08-31"), Regime.B2B)
    assert str(refused.value) == example("I7")


def test_the_published_table_of_others() -> None:
    wanted = example("I8")
    found = rules.late_interest(eur("1000.00"), day("2010-01-01"), day("2012-01-01"), Regime.B2B)
    assert [row.amount for row in found] == [eur(amount) for amount in wanted["published"]]
    assert rules.sum_of(found, "EUR") == eur(wanted["published_total"])


def test_a_part_payment_pays_interest_first() -> None:
    """I9: the payment takes the interest up to its day, the rest lowers capital, and interest goes on from there."""
    wanted, charge = example("I9"), Line(day("2024-12-31"), "invoice", eur("5000.00"))
    paid = Line(day("2025-03-31"), "payment", -eur(wanted["payment"]))
    terms = counting.Terms(day("2025-01-31"), day("2025-01-31"), Regime.B2B)

    before = counting.count([charge], terms, (), paid.on)
    assert before.total_minor == eur(wanted["int_to_2025_03_31"]).minor

    counted = counting.count([charge, paid], terms, (), day("2025-06-30"))
    first, last, days, rate, amount = wanted["rows2"][0]
    assert shown(list(counted.rows))[1:] == [(day(first), day(last), days, Decimal(rate), eur(amount))]

    booked = [Line(on, "interest", Money(minor, "EUR")) for on, minor in counted.entries]
    at_payment = open_apart([charge, booked[0], paid], "EUR")
    assert (at_payment.capital, at_payment.interest) == (eur(wanted["capital_left"]), eur("0"))
    assert eur("5000.00") - at_payment.capital == eur(wanted["to_capital"])
    assert eur(wanted["payment"]) - eur(wanted["to_capital"]) == eur(wanted["to_interest"])
    in_the_end = open_apart([charge, paid, *booked], "EUR")
    assert in_the_end.interest == eur(wanted["int_to_2025_06_30"])
    assert in_the_end.total == eur(wanted["payoff_2025_06_30"])


@pytest.mark.parametrize(("stated", "effective"), VECTORS["effective_due"])
def test_a_due_date_on_a_holiday(stated: str, effective: str) -> None:
    found = due_dates.due_date(day(stated))
    assert (found.stated, found.effective) == (day(stated), day(effective))
    assert due_dates.last_day(day(stated)) == day(effective)


def test_why_a_due_date_moves() -> None:
    easter = due_dates.due_date(day("2026-04-05"))
    assert easter.why == "2026-04-05 is Easter Sunday; 2026-04-06 is Easter Monday"
    assert due_dates.due_date(day("2026-11-15")).why == "2026-11-15 is a Sunday"
    assert due_dates.due_date(day("2026-11-14")).why == "neither a Sunday nor a public holiday"


def test_saint_francis_is_a_holiday_from_2026() -> None:
    assert due_dates.last_day(day("2025-10-04")) == day("2025-10-04")
    assert due_dates.last_day(day("2027-10-04")) == day("2027-10-05")


def test_each_verified_period_says_by_whom_and_from_where() -> None:
    for regime, periods in rates.PERIODS.items():
        for period in periods:
            assert period.source, period.name
            assert (period.verified_by is None) is (period.verified_at is None), period.name
            if regime is Regime.B2B:
                assert period.mro is not None
                assert period.rate - period.mro == (7 if period.last.year < 2013 else 8), period.name
        for one, following in pairwise(periods):
            assert one.last < following.first
            assert one.last + timedelta(days=1) == following.first or one.name == "2012H1"


def test_what_decision_28_calls_unverified() -> None:
    for unknown in ("2026-07-01", "2026-12-31", "2027-01-01", "2012-07-01", "2017-12-31", "2009-12-31"):
        with pytest.raises(rates.Unverified):
            rates.on(Regime.B2B, day(unknown))
    with pytest.raises(rates.Unverified, match="rate not verified before 2018-01-01"):
        rates.on(Regime.CONSUMER, day("2017-12-31"))
    with pytest.raises(rates.Unverified, match="rate not verified after 2026-12-31"):
        rates.on(Regime.CONSUMER, day("2027-01-01"))
    assert rates.latest(Regime.B2B).name == "2026H1"


@pytest.mark.corpus
def test_these_are_the_vectors_that_are_shared() -> None:
    path = CORPUS.parent / "vectors.json"
    if not path.exists():
        pytest.skip(f"the shared vectors are not beside the project ({path})")
    shared = json.loads(path.read_text())
    assert {key: shared[key] for key in VECTORS} == VECTORS
