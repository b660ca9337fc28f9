"""When a due date really ends (rule B-54), and the bank's working days; Italy's public holidays, by year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due date as stated, the last day on which payment is in time, and why they differ."""

    stated: date
    effective: date
    why: str


@lru_cache(maxsize=256)
def _holidays(year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("IT", years=year, language="en_US"))


def _rest(day: date) -> str | None:
    """The name of the Sunday or public holiday; None for other days, and Saturday is one of them."""
    return _holidays(day.year).get(day) or ("Sunday" if day.weekday() == _SUNDAY else None)


def due_date(stated: date) -> DueDate:
    """What falls due on a Sunday or holiday may be paid on the next other day (arts. 1187, 2963 c.c.)."""
    day, passed = stated, []
    while (name := _rest(day)) is not None:
        passed.append(f"{day.isoformat()} is {name if name != 'Sunday' else 'a Sunday'}")
        day += _DAY
    return DueDate(stated, day, "; ".join(passed) or "neither a Sunday nor a public holiday")


def last_day(stated: date) -> date:
    """Until when payment is in time: what is open after it is late."""
    return due_date(stated).effective


def bank_day_before(day: date) -> date:
    """The last day before `day` on which banks work: an ordinary transfer that arrives on `day` left then."""
    day -= _DAY
    while day.weekday() >= _SATURDAY or _rest(day) is not None:
        day -= _DAY
    return day
