"""When a message of ours may go out (rule C-10): weekdays 08:30–21:00, Saturdays to 15:00, never on holidays."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core.working_days import rest

OPENS = time(8, 30)
CLOSES = time(21, 0)
SATURDAY_CLOSES = time(15, 0)


def closing(day: date) -> time | None:
    """When the window of a day closes; None on Sundays and holidays."""
    if rest(day) is not None:
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
