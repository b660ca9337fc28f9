"""What an answer of a creditor's system means, and when to try again: pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.core.outgoing import Failure, Outcome
from portal.core.relay import Verdict
from portal.core.text import Text, t

SOON = timedelta(seconds=20)  # several changes that come together are told once [D]
DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 300, 600))  # before each further attempt [D]
BREATH = timedelta(minutes=1)  # for a system that has too much to do and says no time [D]
LONGEST_WISH = timedelta(hours=24)  # of a Retry-After [D]


class Reason(StrEnum):
    """Why a state was not taken; `done`: it was."""

    DONE = "done"
    EXCEEDED = "exceeded"  # they have too much to do, or it is too large
    PERMANENT = "permanent"  # they refuse this one, and would again
    CONFIG = "config"  # the address, the key or the mapping does not fit: nothing at all can be told
    INTERNAL = "internal"  # a fault of theirs, or of ours
    TIMEOUT = "timeout"  # no answer


MAIL_HOUR = 6
SHEET = "sheet"  # the result of writing sheets of the day (portal.sync.reconciliation)
LATER = frozenset({Reason.EXCEEDED, Reason.INTERNAL, Reason.TIMEOUT})

WORDS: Mapping[str, Text] = {
    Reason.DONE: t("taken"),
    Reason.EXCEEDED: t("they have too much to do"),
    Reason.PERMANENT: t("they refuse it"),
    Reason.CONFIG: t("the address, the key or the list of fields does not fit"),
    Reason.INTERNAL: t("something broke"),
    Reason.TIMEOUT: t("no answer"),
    "hand": t("stopped by hand"),
    SHEET: t("sheet of the day"),
}


def judge(outcome: Outcome) -> Reason:
    """A redirect is no answer: who has moved says so in the settings, not to whoever calls."""
    status = outcome.status
    if status is None:
        return Reason.CONFIG if outcome.error in (Failure.BLOCKED, Failure.TLS) else Reason.TIMEOUT
    if 200 <= status < 300:
        return Reason.DONE
    if status in (413, 429, 503):
        return Reason.EXCEEDED
    if status in (408, 502, 504):
        return Reason.TIMEOUT
    if status in (401, 402, 403, 405, 407, 415) or 300 <= status < 400:
        return Reason.CONFIG
    return Reason.INTERNAL if status >= 500 else Reason.PERMANENT


def next_try(made: int, now: datetime, retry_after: int | None = None) -> datetime | None:
    """When the attempt after `made` of them is due, or None when there is none left; `retry_after` in seconds."""
    if made > len(DELAYS):
        return None
    wished = min(timedelta(seconds=retry_after or 0), LONGEST_WISH)
    return now + max(DELAYS[made - 1], wished)


def is_mail_due(now: datetime, zone: str, last: datetime | None) -> bool:
    """Once a day, from MAIL_HOUR on by the creditor's clock; `last` is when one went out."""
    here = now.astimezone(ZoneInfo(zone))
    return here.hour >= MAIL_HOUR and (last is None or last.astimezone(ZoneInfo(zone)).date() < here.date())


def judge_mail(verdict: Verdict) -> Reason:
    """What may have arrived is sent again, with the same Message-ID."""
    if verdict is Verdict.ACCEPTED:
        return Reason.DONE
    return Reason.TIMEOUT if verdict in (Verdict.LATER, Verdict.UNKNOWN) else Reason.CONFIG


def quiet_until(reason: Reason, now: datetime, retry_after: int | None = None) -> datetime | None:
    """Until when nothing at all goes to a system that has too much to do."""
    if reason is not Reason.EXCEEDED:
        return None
    wished = timedelta(seconds=retry_after) if retry_after is not None else BREATH
    return now + min(wished, LONGEST_WISH)
