"""By when an answer is due, and what may be written when."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from portal.cases.states import CaseStatus
from portal.core.text import Text, t

REOPENS_FOR = timedelta(days=30)  # a word of the customer within it opens a closed case again
THEIR_DAYS = 10  # working days until a case that waits for the customer shows itself again
_SATURDAY = 5


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("IT", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday, no public holiday of Italy."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def working_day_after(day: date, days: int) -> date:
    """The `days`-th working day after `day`; the next one for nought."""
    left = max(days, 1)
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day


def answer_by(now: datetime, days: int, zone: str) -> datetime:
    """The end of the working day, in the creditor's `zone`, by which an answer is promised."""
    place = ZoneInfo(zone)
    day = working_day_after(now.astimezone(place).date(), days)
    return datetime.combine(day, time(18), place)


def why_not_write(status: CaseStatus, closed_at: datetime | None, now: datetime) -> Text | None:
    """Why the customer cannot write in this case any more, or None."""
    if status is CaseStatus.CLOSED and closed_at is not None and now - closed_at > REOPENS_FOR:
        return t("This was closed a while ago. Please ask us anew: a person reads it.")
    return None
