"""When to try again, when to leave an endpoint alone, and what an answer means (rule D-21)."""

from datetime import datetime, timedelta
from enum import StrEnum

# Before each attempt, counted from the one before it: 75 h 35 m 5 s in all.
DELAYS = tuple(timedelta(seconds=s) for s in (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
JITTER = 0.1  # at most this share of a delay is added, never taken away [D]
LONGEST_WISH = timedelta(hours=24)  # of a Retry-After [D]
BREATH = timedelta(seconds=60)  # for an endpoint that is overloaded and says no time [D]
OVERLOADED = frozenset({429, 502, 504})
GONE = 410


class Verdict(StrEnum):
    MADE = "made"
    AGAIN = "again"
    GONE = "gone"  # nobody listens there any more: the endpoint is stopped


def judge(status: int | None) -> Verdict:
    """Only 2xx is a success: a redirect is a failure like any other, and so is no answer."""
    if status is not None and 200 <= status < 300:
        return Verdict.MADE
    return Verdict.GONE if status == GONE else Verdict.AGAIN


def next_try(made: int, now: datetime, spread: float, retry_after: int | None = None) -> datetime | None:
    """When attempt number `made` + 1 is due, or None when there is none left.

    `spread` between 0 and 1 says where in the jitter this one falls; `retry_after` are the seconds that the
    endpoint asked for, and it gets them when they are more.
    """
    if made >= len(DELAYS):
        return None
    delay = DELAYS[made]
    wished = min(timedelta(seconds=retry_after or 0), LONGEST_WISH)
    return now + max(delay, wished) + delay * JITTER * spread


def throttled_until(status: int | None, now: datetime, retry_after: int | None = None) -> datetime | None:
    """Until when nothing at all goes to an endpoint that says it has too much to do."""
    if status not in OVERLOADED:
        return None
    wished = timedelta(seconds=retry_after) if retry_after is not None else BREATH
    return now + min(wished, LONGEST_WISH)
