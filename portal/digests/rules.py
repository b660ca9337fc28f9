"""When a morning's mail is due: pure, the clock and the zone are handed in."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from portal.core import windows
from portal.core.working_days import is_working_day, working_day_before

EARLIEST, LATEST, USUAL = 5, 12, 8  # hours


def moment(day: date, hour: int, zone: str) -> datetime:
    """The instant of that hour on that day, in UTC: an hour that comes twice is its first, one that is left out the
    next that there is."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def due_day(now: datetime, hour: int, zone: str) -> date | None:
    """The day whose mail is due at this moment, or None: before its hour, on days of rest, and in the night after.

    A morning that was missed is caught up the same day, as long as people work; one of yesterday is not.
    """
    here = now.astimezone(ZoneInfo(zone))
    if not is_working_day(here.date()) or here.time() >= windows.CLOSES:
        return None
    return here.date() if now >= moment(here.date(), hour, zone) else None


def since(day: date, hour: int, zone: str) -> datetime:
    """From when on it counts what customers did: the working morning before, so that a weekend is in it."""
    return moment(working_day_before(day), hour, zone)
