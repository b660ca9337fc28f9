"""What is suggested: the known example, every part in words, never less for more punctuality, always within bounds."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from portal.commands.explain_credit_line import credit_line
from portal.credit_lines import policies, rules
from portal.credit_lines.rules import Facts, Weights

SHARES = st.decimals(0, 1, places=4)
DAYS = st.decimals(0, 400, places=2)
SCORES = st.none() | st.integers(0, 100)
TURNOVERS = st.integers(0, 10**12)
WEIGHTS = st.builds(
    Weights,
    turnover_percent=st.integers(0, 100),
    full_on_time=st.integers(60, 100),
    no_on_time=st.integers(0, 59),
    free_days=st.integers(0, 30),
    most_days=st.integers(31, 700),
    full_score=st.integers(51, 100),
    no_score=st.integers(0, 50),
    weight_on_time=st.integers(1, 100),
    weight_days=st.integers(0, 100),
    weight_score=st.integers(0, 100),
    most_minor=st.integers(1, 10**11),
    step_minor=st.integers(1, 10**6),
)


def line(turnover: int, on_time: str | None = None, days: str | None = None, score: int | None = None) -> int | None:
    facts = Facts(
        turnover, None if on_time is None else Decimal(on_time), None if days is None else Decimal(days), score
    )
    return rules.suggest(facts, Weights()).minor


def test_fifteen_thousand_of_a_hundred_thousand_for_who_pays_regularly() -> None:
    assert line(10_000_000, "0.95") == 1_500_000
    assert line(10_000_000, "1", "0", 60) == 1_500_000


def test_what_is_not_known_has_no_say_and_who_is_not_known_at_all_gets_no_suggestion() -> None:
    assert line(10_000_000) is None
    assert line(10_000_000, score=60) == 1_500_000
    assert line(10_000_000, "0.50") == 0
    assert line(0, "1") == 0


def test_each_part_weighs_what_it_should() -> None:
    # 72.5 % in time is half of 50…95, weight 50; 33.5 days half of 7…60, weight 20; 40 half of 20…60, weight 30.
    assert line(10_000_000, "0.725", "33.5", 40) == 750_000
    assert line(10_000_000, "1", "0", 20) == 1_050_000, "70 of 100"
    assert line(10_001_000, "1", "0", 20) == 1_050_000, "rounded down to whole 100s"
    assert line(10**12, "1") == 10_000_000, "never above the cap"


@given(TURNOVERS, SHARES, SHARES, DAYS, SCORES, WEIGHTS)
def test_more_punctuality_never_makes_it_less(
    turnover: int, one: Decimal, other: Decimal, days: Decimal, score: int | None, weights: Weights
) -> None:
    less, more = sorted((one, other))
    worse = rules.suggest(Facts(turnover, less, days, score), weights).minor
    better = rules.suggest(Facts(turnover, more, days, score), weights).minor
    assert worse is not None
    assert better is not None
    assert worse <= better


@given(TURNOVERS, SHARES, DAYS, DAYS, SCORES, WEIGHTS)
def test_fewer_days_late_never_make_it_less(
    turnover: int, share: Decimal, one: Decimal, other: Decimal, score: int | None, weights: Weights
) -> None:
    fewer, more = sorted((one, other))
    better = rules.suggest(Facts(turnover, share, fewer, score), weights).minor or 0
    assert better >= (rules.suggest(Facts(turnover, share, more, score), weights).minor or 0)


@given(st.integers(-(10**9), 10**12), st.none() | SHARES, st.none() | DAYS, SCORES, WEIGHTS)
def test_it_lies_between_nought_and_the_cap_and_is_a_whole_step(
    turnover: int, share: Decimal | None, days: Decimal | None, score: int | None, weights: Weights
) -> None:
    found = rules.suggest(Facts(turnover, share, days, score), weights)
    if found.minor is None:
        assert not found.parts
        return
    assert 0 <= found.minor <= weights.most_minor
    assert found.minor <= max(0, turnover) * weights.turnover_percent // 100
    assert found.minor % weights.step_minor == 0


@given(TURNOVERS, st.none() | SHARES, st.none() | DAYS, SCORES)
def test_what_was_kept_gives_the_same_again(
    turnover: int, share: Decimal | None, days: Decimal | None, score: int | None
) -> None:
    facts = Facts(turnover, share, days, score)
    kept = json.loads(json.dumps(facts.as_json()))
    assert rules.suggest(Facts.read(kept), Weights()) == rules.suggest(facts, Weights())


def test_each_part_is_said() -> None:
    weights = replace(Weights(), most_minor=500_000)
    found = rules.suggest(Facts(10_000_000, Decimal("0.95"), Decimal("33.50"), 40), weights)
    said = [str(one) for one in rules.why(found, weights, str)]
    assert said == [
        "Turnover of twelve months: 10000000. 15 % of it: 1500000.",
        "Paid on time: 95 %. It counts 100 %, with weight 50.",
        "Days late, on average: 33.5. It counts 50 %, with weight 20.",
        "Objective data, of 100: 40. It counts 50 %, with weight 30.",
        "Together that is 75 %: 1125000.",
        "No more than 500000 is suggested.",
    ]


# portal explain credit-line


def run(*args: str) -> Any:
    return CliRunner().invoke(credit_line, args, obj=None)


def test_the_command_says_it_and_its_json_is_stable() -> None:
    spoken = run("--turnover", "100000", "--on-time", "0.95")
    assert spoken.exit_code == 0
    assert "suggested          15000.00" in spoken.output
    found = json.loads(run("--turnover", "100000", "--on-time", "0.95", "--json").output)
    assert found == {
        "line": "15000.00",
        "turnover": "100000.00",
        "percent": 15,
        "base": "15000.00",
        "parts": [{"name": "on_time", "value": "0.95", "counts_percent": "100", "weight": 50}],
        "quality_percent": "100",
        "before_rounding": "15000.00",
        "policy": policies.FIRST.number,
    }
    nothing = run("--turnover", "100000", "--json")
    assert (nothing.exit_code, json.loads(nothing.output)["line"]) == (1, None)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--on-time", "0.95"),
        ("--turnover", "-1"),
        ("--turnover", "1e9"),
        ("--turnover", "100", "--on-time", "1.01"),
        ("--turnover", "100", "--on-time", "nan"),
        ("--turnover", "100", "--on-time", "²"),
        ("--turnover", "100", "--days-late", "-3"),
        ("--turnover", "100", "--score", "101"),
        ("--turnover", "100", "--score", "30", "--policy", "2"),
    ],
)
def test_what_is_called_wrongly_ends_with_two(wrong: Sequence[str]) -> None:
    assert run(*wrong).exit_code == 2
