"""When a morning's mail is due: both clock changes, days of rest, an outage."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.core.working_days import is_working_day
from portal.digests import rules

ROME = "Europe/Rome"


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(ROME)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (at(2027, 3, 10, 7, 59), None),
        (at(2027, 3, 10, 8), date(2027, 3, 10)),
        (at(2027, 3, 10, 20, 59), date(2027, 3, 10)),  # caught up, as long as people work
        (at(2027, 3, 10, 21), None),
        (at(2027, 3, 11, 3), None),  # never the day after
        (at(2027, 3, 13, 9), None),  # a Saturday
        (at(2027, 3, 14, 9), None),  # a Sunday
        (at(2027, 3, 29, 9), None),  # Easter Monday
        (at(2027, 12, 8, 9), None),
    ],
)
def test_which_morning_is_due(now: datetime, day: date | None) -> None:
    assert rules.due_day(now, 8, ROME) == day


def test_it_is_eight_by_the_creditors_clock_before_and_after_both_changes() -> None:
    for friday, monday in ((date(2027, 3, 26), date(2027, 3, 30)), (date(2026, 10, 23), date(2026, 10, 26))):
        hours = [rules.moment(day, 8, ROME).astimezone(ZoneInfo(ROME)).hour for day in (friday, monday)]
        assert hours == [8, 8]
        assert rules.moment(friday, 8, ROME).hour != rules.moment(monday, 8, ROME).hour, "by UTC they differ"


def test_every_working_day_of_two_years_has_its_moment_once() -> None:
    """Whoever looks every ten minutes finds each working day, first at its hour, and no other day."""
    first: dict[date, datetime] = {}
    now, end = at(2026, 3, 1, 0), at(2028, 3, 1, 0)
    while now < end:
        day = rules.due_day(now, 8, ROME)
        if day is not None:
            first.setdefault(day, now)
        now += timedelta(minutes=10)
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(731)]
    assert list(first) == [day for day in days if is_working_day(day)]
    assert {moment.astimezone(ZoneInfo(ROME)).strftime("%H:%M") for moment in first.values()} == {"08:00"}


def test_an_hour_that_is_left_out_or_comes_twice_is_one_moment() -> None:
    spring, autumn = date(2027, 3, 28), date(2027, 10, 31)
    assert rules.moment(spring, 2, ROME) == datetime(2027, 3, 28, 1, tzinfo=UTC), "two is three that morning"
    assert rules.moment(autumn, 2, ROME) == datetime(2027, 10, 31, 0, tzinfo=UTC), "the first of the two"


def test_after_a_weekend_it_counts_from_friday_morning() -> None:
    assert rules.since(date(2027, 3, 15), 8, ROME) == at(2027, 3, 12, 8)
    assert rules.since(date(2027, 3, 30), 8, ROME) == at(2027, 3, 26, 8), "across Easter and the clock's change"
