"""When a message of ours may go out (rule C-10): weekdays 08:30–21:00, Saturdays to 15:00, never on holidays."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS = time(8, 30)
CLOSES = time(21, 0)
SATURDAY_CLOSES = time(15, 0)
_FIXED = {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (10, 4), (11, 1), (12, 8), (12, 25), (12, 26)}


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_holiday(day: date) -> bool:
    """An Italian national holiday (4 October from 2026 on), Easter Monday included; Sundays are not looked at."""
    if (day.month, day.day) == (10, 4) and day.year < 2026:
        return False
    return (day.month, day.day) in _FIXED or day - easter(day.year) in {timedelta(0), timedelta(days=1)}


def closing(day: date) -> time | None:
    """When the window of a day closes; None on Sundays and holidays."""
    if day.weekday() == 6 or is_holiday(day):
        return None
    return SATURDAY_CLOSES if day.weekday() == 5 else CLOSES


def next_moment(now: datetime, zone: str) -> datetime:
    """`now` if it lies in a window of `zone`, else the moment at which the next one opens; safe over DST."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date()
    close = closing(day)
    if close is not None and OPENS <= local.time() < close:
        return now
    if close is None or local.time() >= close:
        day += timedelta(days=1)
    while closing(day) is None:
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, ZoneInfo(zone)).astimezone(now.tzinfo)
