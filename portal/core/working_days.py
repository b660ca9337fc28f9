"""Italy's public holidays by the library `holidays`, and what follows from them: the one place that knows them."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


@lru_cache(maxsize=256)
def _holidays(year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("IT", years=year, language="en_US"))


def rest(day: date) -> str | None:
    """The English name of the public holiday, "Sunday" on other Sundays; None otherwise, on Saturdays too."""
    return _holidays(day.year).get(day) or ("Sunday" if day.weekday() == _SUNDAY else None)


def is_working_day(day: date) -> bool:
    """Monday to Friday, no public holiday of Italy: banks work too."""
    return day.weekday() < _SATURDAY and rest(day) is None


def working_day_after(day: date, days: int) -> date:
    """The `days`-th working day after `day`; the next one for nought."""
    left = max(days, 1)
    while left:
        day += _DAY
        left -= is_working_day(day)
    return day


def working_day_before(day: date) -> date:
    """The last working day before `day`."""
    day -= _DAY
    while not is_working_day(day):
        day -= _DAY
    return day
