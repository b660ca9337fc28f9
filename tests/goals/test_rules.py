"""How far a goal has come and where it goes, on numbers worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from portal.goals import rules

BEGINS, UNTIL = date(2026, 1, 31), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("baseline", "per_cent", "target"),
    [(40_00, "10", 44_00), (1_000_000, "-5", 950_000), (33_33, "-4", 32_00), (0, "10", 0), (101, "-0.5", 100)],
)
def test_a_target_by_per_cent_of_where_it_begins(baseline: int, per_cent: str, target: int) -> None:
    assert rules.changed_by(baseline, Decimal(per_cent)) == target


@pytest.mark.parametrize(
    ("baseline", "target", "now", "done", "reached"),
    [
        (60_00, 50_00, 55_00, 50, False),
        (60_00, 50_00, 50_00, 100, True),
        (60_00, 50_00, 49_00, 110, True),
        (60_00, 50_00, 62_00, -20, False),
        (40_00, 44_00, 43_00, 75, False),
        (40_00, 44_00, 44_00, 100, True),
    ],
)
def test_the_way_that_is_done(baseline: int, target: int, now: int, done: int, reached: bool) -> None:
    assert rules.progress(baseline, target, now) == done
    assert rules.is_reached(baseline, target, now) is reached


def test_a_straight_line_from_where_it_began() -> None:
    # ten days of DSO in 100 days; 234 more days until the end of the year
    assert (UNTIL - date(2026, 5, 11)).days == 234
    comes = rules.at_this_pace((BEGINS, 60_00), (date(2026, 5, 11), 50_00), UNTIL, rules.DAYS)
    assert comes == 50_00 - 23_40


def test_nothing_is_said_of_less_than_four_weeks_and_nothing_of_the_past() -> None:
    early = (date(2026, 2, 27), 50_00)
    assert rules.at_this_pace((BEGINS, 60_00), early, UNTIL, rules.DAYS) is None
    assert rules.pace_known_from(BEGINS) == date(2026, 2, 28)
    on_the_day = (rules.pace_known_from(BEGINS), 50_00)
    assert rules.at_this_pace((BEGINS, 60_00), on_the_day, UNTIL, rules.DAYS) is not None
    assert rules.at_this_pace((BEGINS, 60_00), (UNTIL, 50_00), UNTIL, rules.DAYS) is None


@pytest.mark.parametrize(
    ("unit", "first", "now", "comes"),
    [(rules.MONEY, 1000, 100, 0), (rules.PER_CENT, 50_00, 90_00, 100_00), (rules.PER_CENT, 150_00, 200_00, 200_00)],
)
def test_what_cannot_be_is_not_foreseen(unit: str, first: int, now: int, comes: int) -> None:
    assert rules.at_this_pace((BEGINS, first), (date(2026, 5, 11), now), UNTIL, unit) == comes


def test_what_is_no_goal() -> None:
    today = date(2026, 5, 11)
    assert rules.why_not_target(100, 100) is not None
    assert rules.why_not_target(100, 99) is None
    assert rules.why_not_target_on(today, today) is not None
    assert rules.why_not_target_on(date(2032, 1, 1), today) is not None
    assert rules.why_not_target_on(UNTIL, today) is None
    assert rules.why_not_baseline_on(UNTIL, today) is not None
    assert rules.why_not_baseline_on(today, today) is None
    assert rules.why_not_one_more(rules.MOST) is not None
    assert rules.why_not_one_more(rules.MOST - 1) is None
