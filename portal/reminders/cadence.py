"""What is to be said of a due item on a day, and to a customer in one contact: pure, days in, days out.

Before the due date only what is nearest is still worth saying; after it the levels follow one another, each counted
from the day on which the one before really reached its reader. What never reached anybody escalates nothing that is
said. What the creditor's own people are to look at comes in its time whatever happens to messages and calls: an item
that nobody can be written to about is theirs all the more.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.reminders.levels import CODES, Level, Medium

TRIES = 3  # of one level for one due item, each on another day


class Outcome(StrEnum):
    """What became of a touch."""

    REACHED = "reached"
    WAITING = "waiting"  # planned or under way: nothing else is said meanwhile
    FAILED = "failed"  # it did not reach anybody: it may be tried again
    NOT_SAID = "not_said"  # taken back before it left: as if it had never been planned


@dataclass(frozen=True, slots=True)
class Said:
    """One touch of a due item; `on` is the day on which it reached its reader, failed, or was planned."""

    level: str
    outcome: Outcome
    on: date


@dataclass(frozen=True, slots=True)
class Item:
    """An open due item. `last_day` is the last on which payment is in time (rule B-54); `since` the day on which it
    came here: what came late is given its time, too."""

    item_id: int
    due_on: date
    last_day: date
    said: tuple[Said, ...] = ()
    since: date | None = None


class Why(StrEnum):
    """Why the cadence itself has nothing to say of a due item on a day."""

    DUE = "due"
    NOT_YET = "not_yet"
    WAITING = "waiting"
    UNREACHED = "unreached"
    ALL_SAID = "all_said"


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next of a due item: `level` from `day` on, or why nothing does."""

    why: Why
    level: Level | None = None
    day: date | None = None


def step(item: Item, levels: Sequence[Level], today: date) -> Step:
    """What is to be said next of an item on `today`; `levels` in the order of their days."""
    if any(one.outcome is Outcome.WAITING for one in item.said):
        return Step(Why.WAITING)
    if today > item.last_day:
        return _after(item, [level for level in levels if level.is_after], today)
    return _before(item, levels, today)


def _before(item: Item, levels: Sequence[Level], today: date) -> Step:
    """The nearest one whose day has come, unless it or a later one has been said; else the first that will come."""
    before = [level for level in levels if not level.is_after]
    reached = {one.level for one in item.said if one.outcome is Outcome.REACHED}
    last = max((at for at, level in enumerate(before) if level.code in reached), default=-1)
    come = [level for level in before[last + 1 :] if _own_day(item, level) <= today]
    if come and _failures(item, come[-1]) < TRIES and not _failed_on(item, come[-1], today):
        return Step(Why.DUE, come[-1], _own_day(item, come[-1]))
    for level in levels:
        day = _own_day(item, level)
        if day > today and level.code not in reached:
            return Step(Why.NOT_YET, level, day)
    return Step(Why.ALL_SAID)


def _after(item: Item, after: Sequence[Level], today: date) -> Step:
    earlier: tuple[Level, date] | None = None
    unreached = False
    for level in after:
        said = [one.on for one in item.said if one.level == level.code and one.outcome is Outcome.REACHED]
        if said:
            earlier = (level, max(said))
            continue
        if level.medium is Medium.CASE:
            continue
        if unreached or _failures(item, level) >= TRIES:
            unreached = True  # nobody heard it: what would come after it is not said either
            continue
        day = _day(item, level, earlier)
        if _failed_on(item, level, today):
            day = max(day, today + timedelta(days=1))
        return Step(Why.DUE if day <= today else Why.NOT_YET, level, day)
    return Step(Why.UNREACHED if unreached else Why.ALL_SAID)


def step_for_people(item: Item, levels: Sequence[Level], today: date) -> Step | None:
    """What the creditor's own people are to look at next, whatever is said meanwhile; None where nothing is left.

    It keeps its distance from what has reached its reader, and where nothing has, from the day the item came here.
    """
    after = [level for level in levels if level.is_after]
    earlier: tuple[Level, date] | None = None
    for level in after:
        said = [one.on for one in item.said if one.level == level.code and one.outcome is Outcome.REACHED]
        if said:
            earlier = (level, max(said))
        elif level.medium is Medium.CASE:
            day = _day(item, level, earlier)
            if earlier is None and item.since is not None:
                day = max(day, item.since + timedelta(days=level.days - after[0].days))
            return Step(Why.DUE if day <= today else Why.NOT_YET, level, day)
    return None


def _day(item: Item, level: Level, earlier: tuple[Level, date] | None) -> date:
    """Its own distance from the due date, and from the level before it the distance that there is between the two."""
    day = _own_day(item, level)
    if earlier is None:
        return day
    before, on = earlier
    return max(day, on + timedelta(days=level.days - before.days))


def _own_day(item: Item, level: Level) -> date:
    """Its distance from the stated due date; nothing of after it comes while payment is in time."""
    day = item.due_on + timedelta(days=level.days)
    return max(day, item.last_day + timedelta(days=1)) if level.is_after else day


def _failures(item: Item, level: Level) -> int:
    return sum(1 for one in item.said if one.level == level.code and one.outcome is Outcome.FAILED)


def _failed_on(item: Item, level: Level, day: date) -> bool:
    return any(one.level == level.code and one.outcome is Outcome.FAILED and one.on >= day for one in item.said)


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact with a customer: spoken at the highest level that is due, it names every item that is."""

    level: Level
    items: tuple[tuple[int, Level], ...]


def contact(due: Mapping[int, Level]) -> Contact | None:
    """The day's contact out of what is due by item; None where nothing is to be said to the customer."""
    spoken = {item_id: level for item_id, level in due.items() if level.medium is not Medium.CASE}
    if not spoken:
        return None
    highest = max(spoken.values(), key=lambda level: CODES.index(level.code))
    return Contact(highest, tuple(sorted(spoken.items())))


def for_people(due: Mapping[int, Level]) -> dict[str, list[int]]:
    """What the creditor's own people are to look at: the items of each level."""
    found: dict[str, list[int]] = {}
    for item_id, level in sorted(due.items()):
        if level.medium is Medium.CASE:
            found.setdefault(level.code, []).append(item_id)
    return found


def capped_until(days: Iterable[date], today: date, per_week: int) -> date | None:
    """The first day on which one more contact keeps to one a day and `per_week` in seven; None for today."""
    contacts = sorted(day for day in days if day > today - timedelta(days=7))
    day = today
    while _is_full(contacts, day, per_week):
        day += timedelta(days=1)
    return None if day == today else day


def _is_full(contacts: Collection[date], day: date, per_week: int) -> bool:
    return day in contacts or sum(1 for one in contacts if day - timedelta(days=7) < one <= day) >= per_week
