"""Until when a due item may be asked for (rule C-14): pure, no database.

The day from which it counts is not counted itself (art. 2963 c.c.); what is broken off counts anew from that day
(art. 2945), and what is over stays over, whatever comes later.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from portal.core.text import Text, t
from portal.core.working_days import rest

TEN, FIVE, TWO = 10, 5, 2
YEARS: dict[int, Text] = {
    TEN: t("Ten years: the ordinary time (art. 2946 c.c.)"),
    FIVE: t("Five years: what is paid year by year or more often (art. 2948 c.c.)"),
    TWO: t("Two years: electricity, gas and water"),
}
ORDINARY = TEN

NOTICE, ACKNOWLEDGED, PLAN = "notice", "acknowledged", "plan"
RESTARTS: dict[str, Text] = {
    NOTICE: t("a formal notice reached them"),
    ACKNOWLEDGED: t("they acknowledged it"),
    PLAN: t("they agreed a plan about it"),
}


def _years_later(day: date, years: int) -> date:
    """The same day of the month; where that month has none, its last one. A day of rest gives way to the next."""
    try:
        later = day.replace(year=day.year + years)
    except ValueError:
        later = day.replace(year=day.year + years, day=28)
    while rest(later) is not None:
        later += timedelta(days=1)
    return later


def last_day(due_on: date, years: int, restarts: Iterable[date] = ()) -> date:
    """The last day on which it may be asked for."""
    begun = due_on
    for day in sorted(restarts):
        if day > _years_later(begun, years):
            break
        begun = max(begun, day)
    return _years_later(begun, years)


def is_over(due_on: date, years: int, restarts: Iterable[date], today: date) -> bool:
    return today > last_day(due_on, years, restarts)
