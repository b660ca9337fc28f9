"""Vectors P1 to P4 through the schedules and `portal explain plan` (decision 35); sums and days for any debt (B-70, B-71)."""

import calendar
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from portal.commands import explain
from portal.core.money import Money, from_decimal
from portal.plans import schedules
from portal.plans.schedules import EVERY, FORTNIGHT, MONTH, WEEK, TooSmall

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
DEBT = st.integers(1, 10_000_000_00).map(lambda minor: Money(minor, "EUR"))
COUNT = st.integers(1, 120)
DAY = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def eur(text: str) -> Money:
    return from_decimal(Decimal(text), "EUR")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain.group, ["plan", *arguments])


def asked(name: str) -> tuple[str, int, str, str | None]:
    """Total, instalments, first day and share of a vector, read from its name."""
    total = re.search(r"[0-9]+\.[0-9]{2}", name)
    count = re.search(r"/ ([0-9]+)|, ([0-9]+) from", name)
    first, share = re.search(r"from ([0-9-]+)", name), re.search(r"([0-9]+)% down", name)
    assert total
    assert count
    return total[0], int(count[1] or count[2]), first[1] if first else "2026-01-31", share and share[1]


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors(name: str) -> None:
    total, count, first, share = asked(name)
    debt = eur(total)
    down = schedules.part_of(debt, Decimal(share)) if share else None
    if VECTORS[name] == "reject":
        with pytest.raises(TooSmall):
            schedules.spread(debt, count, date.fromisoformat(first))
        return
    found = schedules.spread(debt, count, date.fromisoformat(first), down=down)
    said = [["down" if not row.number else row.due_on.isoformat(), row.amount.plain] for row in found.rows]
    assert said == VECTORS[name]
    assert found.total == debt


@pytest.mark.parametrize("name", [name for name in VECTORS if VECTORS[name] != "reject"])
def test_the_vectors_on_the_command_line(name: str) -> None:
    total, count, first, share = asked(name)
    more = ["--down", f"{share}%"] if share else []
    ended = run("--total", total, "--instalments", str(count), "--first", first, *more, "--json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.count("\n") == 1
    wanted = {
        "down_payment": next((amount for day, amount in VECTORS[name] if day == "down"), None),
        "instalments": [{"due_on": day, "amount": amount} for day, amount in VECTORS[name] if day != "down"],
        "total": total,
    }
    assert json.loads(ended.stdout) == wanted


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_p4_is_one_line_and_exit_1(form: list[str]) -> None:
    ended = run("--total", "0.05", "--instalments", "6", "--first", "2026-01-31", *form)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == "Error: an instalment of 0.00 is below the least\n"


def test_the_table_says_the_same() -> None:
    ended = run("--total", "2345.67", "--instalments", "7", "--first", "2026-02-28", "--down", "20%")
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[0] == ["at", "once", "469.13"]
    assert lines[1] == ["1", "2026-02-28", "268.08"]
    assert lines[7] == ["7", "2026-08-28", "268.07"]
    assert lines[8] == ["in", "all", "2345.67"]


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("week", ["2026-12-28", "2027-01-04", "2027-01-11"]),
        ("2weeks", ["2026-12-28", "2027-01-11", "2027-01-25"]),
        ("month", ["2026-12-28", "2027-01-28", "2027-02-28"]),
    ],
)
def test_every(every: str, days: list[str]) -> None:
    ended = run("--total", "10", "--instalments", "3", "--first", "2026-12-28", "--every", every, "--json")
    found = json.loads(ended.stdout)
    assert [one["due_on"] for one in found["instalments"]] == days
    assert [one["amount"] for one in found["instalments"]] == ["3.34", "3.33", "3.33"]


@pytest.mark.parametrize(
    ("down", "said", "first"),
    [("100.00", "100.00", "300.00"), ("12.5%", "125.00", "291.67"), ("0.01", "0.01", "333.33")],
)
def test_down_is_an_amount_or_a_share(down: str, said: str, first: str) -> None:
    ended = run("--total", "1000", "--instalments", "3", "--first", "2026-01-31", "--down", down, "--json")
    found = json.loads(ended.stdout)
    assert found["down_payment"] == said
    assert found["instalments"][0]["amount"] == first
    assert found["total"] == "1000.00"


def test_the_least_is_kept_to_the_cent() -> None:
    asked_for = ["--total", "100", "--instalments", "3", "--first", "2026-01-31"]
    assert run(*asked_for, "--min", "33.33").exit_code == 0
    refused = run(*asked_for, "--min", "33.34", "--json")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: an instalment of 33.33 is below the least\n"


@pytest.mark.parametrize("down", ["1000.00", "1000.01"])
def test_a_down_payment_of_all_of_it_is_no_plan(down: str) -> None:
    ended = run("--total", "1000.00", "--instalments", "3", "--first", "2026-01-31", "--down", down)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("every", EVERY)
def test_days_beyond_the_calendar_are_one_line(every: str) -> None:
    ended = run("--total", "1000.00", "--instalments", "600", "--first", "9999-12-01", "--every", every)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"--total": "0"},
        {"--total": "-5"},
        {"--total": "1.000,00"},
        {"--total": "1e3"},
        {"--instalments": "0"},
        {"--instalments": "601"},
        {"--instalments": "three"},
        {"--first": "31/01/2026"},
        {"--first": "2026-02-30"},
        {"--every": "year"},
        {"--down": "0%"},
        {"--down": "100%"},
        {"--down": "-5%"},
        {"--down": "٢٠%"},
        {"--down": "twenty"},
        {"--min": "0"},
        {"--total": None},
        {"--first": None},
        {"--instalments": None},
    ],
)
def test_wrong_usage_is_exit_2(changed: dict[str, str | None]) -> None:
    given_ = {"--total": "1000.00", "--instalments": "3", "--first": "2026-01-31", **changed}
    ended = run(*(word for name, value in given_.items() if value is not None for word in (name, value)))
    assert ended.exit_code == 2
    assert ended.stdout == ""


@given(DEBT, COUNT, DAY, st.sampled_from(EVERY), st.integers(0, 99))
def test_sums_are_exact_and_no_two_instalments_differ_by_more_than_a_cent(
    debt: Money, count: int, first: date, every: str, percent: int
) -> None:
    down = schedules.part_of(debt, Decimal(percent))
    if not down < debt:
        with pytest.raises(ValueError, match="less than the whole"):
            schedules.spread(debt, count, first, every, down=down)
        return
    if (debt - down).minor < count:
        with pytest.raises(TooSmall):
            schedules.spread(debt, count, first, every, down=down)
        return
    found = schedules.spread(debt, count, first, every, down=down)
    amounts = [row.amount.minor for row in found.instalments]
    assert found.total == debt
    assert len(amounts) == count
    assert max(amounts) - min(amounts) <= 1
    assert amounts == sorted(amounts, reverse=True), "the first ones take the cents that are left"
    assert min(amounts) >= 1
    assert (found.down or Money(0, "EUR")) == down
    assert [row.number for row in found.instalments] == list(range(1, count + 1))


@given(DAY, st.integers(0, 120))
def test_months_keep_their_day_and_take_it_back_after_a_short_one(first: date, place: int) -> None:
    found = schedules.day_of(first, MONTH, place)
    assert (found.year - first.year) * 12 + found.month - first.month == place
    assert found.day == min(first.day, calendar.monthrange(found.year, found.month)[1])


@given(DAY, st.sampled_from([(WEEK, 7), (FORTNIGHT, 14)]), st.integers(0, 300))
def test_weeks_are_weeks(first: date, rhythm: tuple[str, int], place: int) -> None:
    assert schedules.day_of(first, rhythm[0], place) - first == timedelta(days=rhythm[1] * place)


@given(DEBT, COUNT, DAY, st.sampled_from(EVERY))
def test_days_go_up(debt: Money, count: int, first: date, every: str) -> None:
    if debt.minor < count:
        return
    days = [row.due_on for row in schedules.spread(debt, count, first, every).rows]
    assert days[0] == first
    assert all(one < other for one, other in pairwise(days))


@given(DEBT, st.integers(1, 10_000_00), COUNT)
def test_what_one_can_pay_each_time_gives_the_fewest_instalments(debt: Money, each: int, most: int) -> None:
    found = schedules.fitting(debt, Money(each, "EUR"), most)
    if not found:
        assert each * most < debt.minor
        return
    assert found <= most
    assert found * each >= debt.minor
    assert (found - 1) * each < debt.minor
    assert schedules.spread(debt, found, date(2026, 1, 31)).rows[0].amount.minor <= each


def test_nothing_at_a_time_pays_nothing() -> None:
    assert schedules.fitting(eur("10"), eur("0"), 12) == 0


@given(st.lists(st.integers(0, 1000), max_size=12), st.integers(-100, 20_000))
def test_what_came_covers_the_first_ones_first(amounts: list[int], paid: int) -> None:
    found = schedules.covered(amounts, paid)
    assert sum(found) == min(max(paid, 0), sum(amounts))
    assert all(0 <= part <= amount for part, amount in zip(found, amounts, strict=True))
    after_gap = False
    for part, amount in zip(found, amounts, strict=True):
        assert not (after_gap and part), "nothing is skipped"
        after_gap = after_gap or part < amount
