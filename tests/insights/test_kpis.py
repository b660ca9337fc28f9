"""The formulas on the worked examples of rules E-10 … E-17, and at their edges."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.insights import kpis
from portal.insights.figures import rounded

VECTORS = json.loads((Path(__file__).with_name("vectors.json")).read_text())["kpi"]
K = 100_000  # a thousand euro in cents


def test_the_days_are_those_of_the_vectors() -> None:
    days = 92
    dso = kpis.dso(260 * K, 370 * K, days)
    best = kpis.best_possible_dso(200 * K, 370 * K, days)
    assert rounded(dso) == VECTORS["DSO_standard"]
    assert rounded(best) == VECTORS["BPDSO"]
    assert rounded(kpis.average_days_delinquent(dso, best)) == VECTORS["ADD_CRF"]
    assert (
        rounded(kpis.dso_countback(260 * K, [(150 * K, 30), (120 * K, 31), (100 * K, 31)]))
        == VECTORS["DSO_countback"]
    )


def test_effectiveness_of_a_month() -> None:
    assert rounded(kpis.effectiveness(240 * K, 150 * K, 260 * K, 200 * K)) == 68.42
    assert kpis.effectiveness(0, 0, 0, 0) is None
    assert kpis.effectiveness(10, 0, 10, 20) is None, "a denominator below nought says nothing"


def test_days_late_weighted() -> None:
    paid = [(1000, 0), (2000, 10), (500, 45), (1500, -5)]
    assert rounded(kpis.days_late_weighted(paid)) == VECTORS["ADD_weighted_floor0"]
    assert rounded(kpis.days_late_weighted(paid, floor=None)) == VECTORS["ADD_weighted_signed"]
    assert rounded(kpis.days_late_of_late(paid)) == VECTORS["ADD_late_only"]
    assert kpis.days_late_weighted([]) is None


@pytest.mark.parametrize(("days", "said"), VECTORS["aging"])
def test_the_steps_begin_and_end_where_they_say(days: int, said: str) -> None:
    name = kpis.bucket(days)
    assert name == {"non scaduto": kpis.NOT_DUE}.get(said, said)


def test_roll_rates() -> None:
    amounts = {kpis.NOT_DUE: 200, "1-30": 40, "31-60": 15}
    then = [kpis.Bucket(name, amounts.get(name, 0), 1) for name in kpis.BUCKETS]
    later = {"1-30": 30, "31-60": 12, "61-90": 6}
    now = [kpis.Bucket(name, later.get(name, 0), 1) for name in kpis.BUCKETS]
    found = {b: rounded(rate) for _a, b, rate in kpis.roll_rates(then, now)}
    assert (found["1-30"], found["31-60"], found["61-90"]) == (15.0, 30.0, 40.0)
    assert found["91-120"] is None


def test_the_period_is_three_months_and_a_running_one_counts_up_to_the_day() -> None:
    months = kpis.months_until(date(2026, 11, 23))
    assert [(one.first.isoformat(), one.days) for one in months] == [
        ("2026-09-01", 30), ("2026-10-01", 31), ("2026-11-01", 23),
    ]  # fmt: skip
    assert sum(one.days for one in kpis.months_until(date(2026, 9, 30))) == 92
    assert kpis.months_until(date(2026, 1, 31), 2)[0].first == date(2025, 12, 1)


def test_nothing_sold_is_no_figure() -> None:
    assert kpis.dso(100, 0, 92) is None
    assert kpis.dso_countback(100, [(0, 30), (0, 31)]) is None
    assert kpis.dso_countback(0, [(10, 30)]) == 0
    assert kpis.dso_countback(100, [(0, 30), (10, 31)]) == 61, "all of history, and not more"


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 10**9), st.integers(1, 50))))
def test_the_steps_hold_all_that_is_open(items: list[tuple[int, int, int]]) -> None:
    steps = kpis.aging(items)
    assert [one.name for one in steps] == list(kpis.BUCKETS)
    assert sum(one.amount_minor for one in steps) == sum(amount for _days, amount, _items in items)
    assert sum(one.count for one in steps) == sum(count for _days, _amount, count in items)


def test_a_provision_is_each_step_at_its_rate() -> None:
    steps = [kpis.Bucket(kpis.NOT_DUE, 10_000, 1), kpis.Bucket(">120", 5_000, 1)]
    assert kpis.provision(steps, {kpis.NOT_DUE: Decimal(1), ">120": Decimal(50)}) == 100 + 2_500
