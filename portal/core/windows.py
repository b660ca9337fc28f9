"""When a message of ours may go out (rule C-10): weekdays 08:30–21:00, Saturdays to 15:00, never on holidays."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core.places import Place
from portal.core.working_days import ITALY, rest

OPENS = time(8, 30)
CLOSES = time(21, 0)
SATURDAY_CLOSES = time(15, 0)
_SATURDAY = 5
_MOST_TURNS = 90  # from place to place: far more than a year's holidays can ask for


def closing(day: date, country: str = ITALY, province: str | None = None, *, saturdays: bool = True) -> time | None:
    """When the window of a day closes; None on Sundays and holidays, and on Saturdays where they are left out."""
    if rest(day, country, province) is not None or (day.weekday() == _SATURDAY and not saturdays):
        return None
    return SATURDAY_CLOSES if day.weekday() == _SATURDAY else CLOSES


def next_moment(now: datetime, zone: str) -> datetime:
    """`now` if it lies in a window of `zone`, else the moment at which the next one opens; safe over DST."""
    return _next(now, Place(zone), saturdays=True)


def next_shared_moment(now: datetime, places: Sequence[Place], *, saturdays: bool = True) -> datetime:
    """The first moment from `now` on that lies in a window of every one of `places`, ours and the reader's.

    Where their windows never meet, the first place's counts.
    """
    at = now
    for _turn in range(_MOST_TURNS):
        latest = max(_next(at, place, saturdays=saturdays) for place in places)
        if latest == at:
            return at
        at = latest
    return _next(now, places[0], saturdays=saturdays)


def _next(now: datetime, place: Place, *, saturdays: bool) -> datetime:
    local = now.astimezone(ZoneInfo(place.zone))
    day = local.date()

    def close(one: date) -> time | None:
        return closing(one, place.country, place.province, saturdays=saturdays)

    closes = close(day)
    if closes is not None and OPENS <= local.time() < closes:
        return now
    if closes is None or local.time() >= closes:
        day += timedelta(days=1)
    while close(day) is None:
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, ZoneInfo(place.zone)).astimezone(now.tzinfo)
