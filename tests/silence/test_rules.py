"""Which silence is answered with, and until when something may be asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.silence import limitation, rules
from portal.silence.rules import silent, weightiest

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def test_the_weightiest_is_answered_with_and_of_equal_ones_the_longest() -> None:
    short = silent(rules.BY_US, NOW, NOW + timedelta(days=1), "debtor")
    long = silent(rules.BY_US, NOW, NOW + timedelta(days=9), "debtor")
    open_end = silent(rules.BY_US, NOW, None, "debtor")
    died = silent(rules.DECEASED, NOW, NOW + timedelta(days=1), "debtor")
    assert weightiest([]) is None
    assert weightiest([short, long]) is long
    assert weightiest([short, open_end, long]) is open_end
    assert weightiest([open_end, died]) is died


@pytest.mark.parametrize("reason", sorted(rules.PRIVATE))
def test_what_few_may_know_is_called_held_back(reason: str) -> None:
    one = silent(reason, NOW, None, "debtor")
    assert (one.private, str(one.label)) == (True, "held back for now")


def test_what_is_about_the_person_is_not_about_one_document() -> None:
    assert "about" in rules.why_not_set(rules.DECEASED, of_one_item=True, speaks_for="")
    assert rules.why_not_set(rules.BY_US, of_one_item=True, speaks_for="") == {}
    assert "speaks_for" in rules.why_not_set(rules.REPRESENTED, of_one_item=False, speaks_for="")
    assert rules.why_not_set(rules.REPRESENTED, of_one_item=False, speaks_for="Avv. Verdi") == {}


def test_a_last_day_lies_ahead_and_within_ten_years() -> None:
    today = date(2027, 3, 1)
    assert rules.why_not_until(None, today) is None
    assert rules.why_not_until(today, today) is not None
    assert rules.why_not_until(today + timedelta(days=1), today) is None
    assert rules.why_not_until(today + timedelta(days=3654), today) is not None


@pytest.mark.parametrize(
    ("due_on", "years", "last"),
    [
        (date(2017, 3, 1), 10, date(2027, 3, 1)),  # a Monday
        (date(2015, 3, 1), 2, date(2017, 3, 1)),
        (date(2024, 2, 29), 5, date(2029, 2, 28)),  # no 29 February in that year
        (date(2022, 2, 7), 5, date(2027, 2, 8)),  # 7 February 2027 is a Sunday
        (date(2016, 12, 25), 10, date(2026, 12, 28)),  # Christmas, Santo Stefano, then a Sunday
        (date(2016, 8, 15), 10, date(2026, 8, 17)),  # Ferragosto on a Saturday, then a Sunday
    ],
)
def test_the_last_day_is_the_same_of_its_month_and_never_one_of_rest(due_on: date, years: int, last: date) -> None:
    assert limitation.last_day(due_on, years) == last
    assert not limitation.is_over(due_on, years, (), last)
    assert limitation.is_over(due_on, years, (), last + timedelta(days=1))


def test_what_breaks_it_off_lets_it_count_anew() -> None:
    due, paid = date(2010, 5, 3), date(2019, 5, 6)
    assert limitation.last_day(due, 10, [paid]) == date(2029, 5, 7), "6 May 2029 is a Sunday"
    assert limitation.last_day(due, 10, [date(2028, 1, 10), paid]) == date(2038, 1, 11), "in whatever order they came"
    assert limitation.last_day(due, 10, [date(2009, 1, 1)]) == date(2020, 5, 4), (
        "what was before it fell due is nothing"
    )


def test_what_is_over_stays_over() -> None:
    due = date(2010, 5, 3)
    assert limitation.last_day(due, 10, [date(2020, 5, 5)]) == date(2020, 5, 4)
    assert limitation.last_day(due, 10, [date(2020, 5, 4)]) == date(2030, 5, 4), "on the last day it was in time"
    assert limitation.last_day(due, 2, [date(2011, 5, 3), date(2013, 5, 6)]) == date(2013, 5, 3)
