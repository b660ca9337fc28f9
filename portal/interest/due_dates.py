"""When a due date really ends (rule B-54)."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from portal.core.working_days import rest

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due date as stated, the last day on which payment is in time, and why they differ."""

    stated: date
    effective: date
    why: str


def due_date(stated: date) -> DueDate:
    """What falls due on a Sunday or holiday may be paid on the next other day (arts. 1187, 2963 c.c.)."""
    day, passed = stated, []
    while (name := rest(day)) is not None:
        passed.append(f"{day.isoformat()} is {name if name != 'Sunday' else 'a Sunday'}")
        day += _DAY
    return DueDate(stated, day, "; ".join(passed) or "neither a Sunday nor a public holiday")


@lru_cache(maxsize=8192)  # figures ask for the same days thousands of times
def last_day(stated: date) -> date:
    """Until when payment is in time: what is open after it is late."""
    return due_date(stated).effective
