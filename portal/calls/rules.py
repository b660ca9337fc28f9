"""Which moments can be booked: the creditor's hours, inside the lawful ones, not taken, not too soon, not too far."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

from portal.core import windows
from portal.core.text import Text, t

NOTICE = timedelta(hours=2)
DAYS_AHEAD = 14
MINUTES = (10, 15, 20, 30, 45, 60)
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Hours:
    """`spans` are (weekday, from, to), minutes since midnight; `minutes` of a call; `at_once` people who call."""

    spans: tuple[tuple[int, int, int], ...]
    minutes: int
    at_once: int


def slots(hours: Hours, taken: Iterable[datetime], now: datetime, zone: str) -> list[datetime]:
    """The moments at which a call can begin, in UTC, in order. `taken` holds the beginnings of booked calls."""
    used = Counter(taken)
    first = now.astimezone(ZoneInfo(zone)).date()
    found = (
        at
        for number in range(DAYS_AHEAD + 1)
        for at in _of_day(hours, first + timedelta(days=number), ZoneInfo(zone))
        if at >= now + NOTICE and used[at] < hours.at_once
    )
    return sorted(set(found))


def _of_day(hours: Hours, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    closes = windows.closing(day)
    if closes is None:
        return
    for weekday, begins, ends in hours.spans:
        if weekday != day.weekday():
            continue
        last = min(ends, closes.hour * 60 + closes.minute) - hours.minutes
        earliest = windows.OPENS.hour * 60 + windows.OPENS.minute
        for minute in range(begins, last + 1, hours.minutes):
            if minute >= earliest:
                yield datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)


def seat(taken: Sequence[int], at_once: int) -> int | None:
    """The first seat that nobody has; None when all are taken."""
    return next((number for number in range(at_once) if number not in taken), None)


def phone(typed: str, country: str) -> str | None:
    """A number as it is dialled from abroad; None for one that there cannot be."""
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_span(typed: str) -> tuple[int, int] | None:
    """`9:00-13:00` as minutes since midnight; None for nothing. Raises ValueError for what is no span."""
    if not typed:
        return None
    begins, dash, ends = typed.replace("–", "-").partition("-")
    span = _minute(begins), _minute(ends)
    if not dash or span[0] >= span[1]:
        raise ValueError("from-to")
    return span


def _minute(typed: str) -> int:
    hour, _, minute = typed.strip().replace(".", ":").partition(":")
    if not (hour.isascii() and hour.isdigit() and (not minute or (minute.isascii() and minute.isdigit()))):
        raise ValueError("not a time")
    at = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or at > 24 * 60:
        raise ValueError("not a time")
    return at


def spelled(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def why_not_change(starts_at: datetime, now: datetime) -> Text | None:
    """Why a call cannot be moved or called off any more, or None."""
    return t("It has begun already.") if starts_at <= now else None
