"""When a message of ours may go out (rule C-10), over the days on which the clocks change too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import windows, working_days

ROME = ZoneInfo("Europe/Rome")


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-11-20 08:29", "2026-11-20 08:30"),
        ("2026-11-20 08:30", "2026-11-20 08:30"),
        ("2026-11-20 20:59", "2026-11-20 20:59"),
        ("2026-11-20 21:00", "2026-11-21 08:30"),  # Saturday
        ("2026-11-21 15:00", "2026-11-23 08:30"),  # Saturday afternoon: Monday
        ("2026-11-22 12:00", "2026-11-23 08:30"),  # Sunday
        ("2026-12-24 22:00", "2026-12-28 08:30"),  # Christmas, Saint Stephen's, a Sunday
        ("2026-04-04 16:00", "2026-04-07 08:30"),  # Easter Monday too
        ("2026-10-24 16:00", "2026-10-26 08:30"),  # the clocks go back on the Sunday between
        ("2027-03-27 16:00", "2027-03-30 08:30"),  # the clocks go forward, then Easter Monday
    ],
)
def test_the_next_lawful_moment(now: str, moment: str) -> None:
    assert windows.next_moment(rome(now), "Europe/Rome") == rome(moment)


def _days_of(*years: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for year in years for n in range(365)]


def test_easter_by_its_table() -> None:
    known = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2038: (4, 25)}
    days = {date(year, month, day) for year, (month, day) in known.items()}
    assert {day for day in _days_of(*known) if "Easter Sunday" in (working_days.rest(day) or "")} == days


@pytest.mark.parametrize(("day", "holiday"), [("2025-10-04", False), ("2026-10-04", True), ("2026-06-02", True)])
def test_holidays(day: str, holiday: bool) -> None:
    assert (working_days.rest(date.fromisoformat(day)) not in {None, "Sunday"}) is holiday


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)))
def test_a_moment_is_never_earlier_and_always_within_a_window(now: datetime) -> None:
    moment = windows.next_moment(now, "Europe/Rome")
    local = moment.astimezone(ROME)
    close = windows.closing(local.date())
    assert moment >= now
    assert close is not None
    assert windows.OPENS <= local.time() < close
