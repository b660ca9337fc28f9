"""When a month's paper is due: pure, the clock and the zone are handed in."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core.working_days import is_working_day

HOUR = 7  # of the first working day, by the creditor's clock


def due_month(now: datetime, zone: str) -> date | None:
    """The first day of the month whose paper is due by now; None before the hour of the first working day.

    It is the month before, all through the month: whoever was switched off on that morning makes it later.
    """
    here = now.astimezone(ZoneInfo(zone))
    first = here.date().replace(day=1)
    morning = first
    while not is_working_day(morning):
        morning += timedelta(days=1)
    if here.replace(tzinfo=None) < datetime.combine(morning, time(HOUR)):
        return None
    return month_before(first)


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def last_day(month: date) -> date:
    """The last day of the month that begins on `month`."""
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
