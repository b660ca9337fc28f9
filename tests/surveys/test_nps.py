"""NPS, its standard error and its interval, to the published figures (rules E-01 and E-03)."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from portal.commands.explain import group
from portal.surveys import nps
from portal.surveys.nps import Tally

COUNTS = st.integers(min_value=0, max_value=5000)


@pytest.mark.parametrize(
    ("tally", "score", "error", "low", "high"),
    [
        (Tally(50, 30, 20), 30.0, 7.81, 14.05, 44.20),
        (Tally(6, 3, 1), 50.0, 21.21, -0.20, 77.13),
        (Tally(412, 318, 270), 14.2, 2.57, 9.12, 19.19),
        (Tally(5, 0, 0), 100.0, 0.0, 17.49, 100.0),
    ],
)
def test_published_figures(tally: Tally, score: float, error: float, low: float, high: float) -> None:
    found = nps.score(tally)
    assert [round(one, 2) for one in (found.nps, found.standard_error, found.low, found.high)] == [
        score, error, low, high,
    ]  # fmt: skip


@given(COUNTS, COUNTS, COUNTS)
def test_the_interval_stays_within_the_scale(promoters: int, passives: int, detractors: int) -> None:
    tally = Tally(promoters, passives, detractors)
    if not tally.n:
        with pytest.raises(ValueError, match="no answers"):
            nps.score(tally)
        return
    found = nps.score(tally)
    assert -100 <= found.low < found.high <= 100
    other = nps.score(Tally(detractors, passives, promoters))
    assert (found.nps, found.low) == pytest.approx((-other.nps, -other.high))


def test_two_waves() -> None:
    found = nps.compare(Tally(50, 30, 20), Tally(60, 25, 15))
    assert (round(found.delta, 2), round(found.standard_error, 2), round(found.z, 2)) == (15.0, 10.76, 1.39)
    assert not found.significant
    assert nps.compare(Tally(500, 300, 200), Tally(600, 250, 150)).significant


def test_waves_that_agree_in_all() -> None:
    assert not nps.compare(Tally(5), Tally(9)).significant
    assert nps.compare(Tally(detractors=5), Tally(9)).significant


def test_how_many_answers_it_takes() -> None:
    assert [nps.answers_for(10), nps.answers_for(10, 0.6), nps.answers_for(5, 0.6), nps.answers_for(7.5, 0.6)] == [
        385, 231, 922, 410,
    ]  # fmt: skip


def test_the_other_two_questions() -> None:
    assert nps.csat([5] * 12 + [4] * 30 + [3] * 8 + [2] * 6 + [1] * 4) == 70.0
    assert nps.ces([7, 7, 6, 5, 3, 2]) == 5.0
    assert nps.csat([]) is None
    assert nps.ces([]) is None


def test_who_is_what() -> None:
    assert [nps.kind_of(one) for one in (0, 6, 7, 8, 9, 10)] == [
        "detractors", "detractors", "passives", "passives", "promoters", "promoters",
    ]  # fmt: skip
    for wrong in (-1, 11):
        with pytest.raises(ValueError, match=str(wrong)):
            nps.kind_of(wrong)
    with pytest.raises(ValueError, match="below nought"):
        Tally(-1)


def test_the_command_says_the_same() -> None:
    answer = CliRunner().invoke(group, ["nps", "50", "30", "20", "--json"])
    assert json.loads(answer.stdout) == {
        "n": 100, "nps": 30.0, "standard_error": 7.81, "interval": [14.05, 44.2],
    }  # fmt: skip
    said = CliRunner().invoke(group, ["nps", "6", "3", "1"]).stdout
    assert "50.00" in said
    assert "between -0.20 and 77.13" in said
    assert "10 of 30" in said


@pytest.mark.parametrize("typed", [["0", "0", "0"], ["1", "2"], ["1", "2", "x"], ["--", "-1", "2", "3"]])
def test_the_command_refuses_what_makes_no_score(typed: list[str]) -> None:
    answer = CliRunner().invoke(group, ["nps", *typed])
    assert answer.exit_code == 2
    assert answer.stderr
