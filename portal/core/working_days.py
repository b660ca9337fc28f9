"""Public holidays by the library `holidays`, Italy's where none is said, and what follows: the one place to ask."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays

ITALY = "IT"
_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


@lru_cache(maxsize=4096)
def _holidays(year: int, country: str, province: str | None) -> Mapping[date, str]:
    language = "en_US" if country == ITALY else None
    try:
        return dict(holidays.country_holidays(country, subdiv=province, years=year, language=language))
    except NotImplementedError:  # a country, or a part of one, that the library does not know
        return {} if province is None else _holidays(year, country, None)


def rest(day: date, country: str = ITALY, province: str | None = None) -> str | None:
    """The name of the public holiday (of the `province`'s patron too), "Sunday" on other Sundays; else None.

    Saturdays are none. The Italian names are in English.
    """
    return _holidays(day.year, country, province).get(day) or ("Sunday" if day.weekday() == _SUNDAY else None)


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
