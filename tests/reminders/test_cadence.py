"""The cadence as pure numbers: single days first, then a year of days lived through with everything that goes wrong."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.windows import closing
from portal.interest.due_dates import last_day
from portal.reminders import cadence, levels, media
from portal.reminders.cadence import Item, Outcome, Said, Why
from portal.reminders.levels import STANDARD, Level, Medium

DUE = date(2026, 3, 11)  # a Wednesday
DAY = timedelta(days=1)


def at(days: int, *said: Said) -> cadence.Step:
    return cadence.step(Item(1, DUE, last_day(DUE), said), STANDARD, DUE + days * DAY)


def reached(level: str, days: int) -> Said:
    return Said(level, Outcome.REACHED, DUE + days * DAY)


def failed(level: str, days: int) -> Said:
    return Said(level, Outcome.FAILED, DUE + days * DAY)


def told(step: cadence.Step) -> tuple[str, str | None, int | None]:
    return step.why, step.level and step.level.code, step.day and (step.day - DUE).days


def for_people(days: int, *said: Said) -> tuple[str, str | None, int | None] | None:
    step = cadence.step_for_people(Item(1, DUE, last_day(DUE), said), STANDARD, DUE + days * DAY)
    return told(step) if step is not None else None


def test_before_the_due_date_the_nearest_word_is_said_once() -> None:
    assert told(at(-11)) == (Why.NOT_YET, "caring", -10)
    assert told(at(-10)) == (Why.DUE, "caring", -10)
    assert told(at(-5)) == (Why.DUE, "caring", -10), "a missed day is caught up"
    assert told(at(-2)) == (Why.DUE, "caring_soon", -3), "and not with what is no longer the nearest"
    assert told(at(-9, reached("caring", -10))) == (Why.NOT_YET, "caring_soon", -3)
    assert told(at(0, reached("caring", -10), reached("caring_soon", -3))) == (Why.DUE, "due_today", 0)
    assert told(at(-1, reached("caring_soon", -2))) == (Why.NOT_YET, "due_today", 0)
    assert told(at(0, reached("due_today", 0))) == (Why.NOT_YET, "reminder_gentle", 3)


def test_after_it_each_level_counts_from_what_reached_its_reader() -> None:
    assert told(at(2)) == (Why.NOT_YET, "reminder_gentle", 3)
    assert told(at(3)) == (Why.DUE, "reminder_gentle", 3)
    assert told(at(60)) == (Why.DUE, "reminder_gentle", 3), "what came in late begins gently all the same"
    assert told(at(60, reached("reminder_gentle", 58))) == (Why.NOT_YET, "call", 62)
    assert told(at(62, reached("reminder_gentle", 58))) == (Why.DUE, "call", 62)
    every = [reached(level.code, level.days) for level in STANDARD]
    assert told(at(90, *every)) == (Why.ALL_SAID, None, None)


def test_what_did_not_reach_anybody_is_tried_again_and_escalates_nothing() -> None:
    assert told(at(3, failed("reminder_gentle", 3))) == (Why.NOT_YET, "reminder_gentle", 4), "never twice on a day"
    assert told(at(4, failed("reminder_gentle", 3))) == (Why.DUE, "reminder_gentle", 3)
    gone = [failed("reminder_gentle", day) for day in (3, 4, 5)]
    assert told(at(8, *gone)) == (Why.UNREACHED, None, None), "no call to follow a reminder that nobody read"


@pytest.mark.parametrize(
    "said",
    [
        (),
        tuple(failed("reminder_gentle", day) for day in (3, 4, 5)),
        (reached("reminder_gentle", 3), Said("call", Outcome.WAITING, DUE + 7 * DAY)),
        (Said("reminder_gentle", Outcome.WAITING, DUE + 3 * DAY),),
    ],
)
def test_our_own_people_look_at_it_whatever_became_of_what_was_said(said: tuple[Said, ...]) -> None:
    """No address, nobody reached, a call that nobody makes, a letter that nobody prints: theirs all the more."""
    assert for_people(14, *said) == (Why.NOT_YET, "internal", 15)
    assert for_people(15, *said) == (Why.DUE, "internal", 15)
    assert for_people(49, *said, reached("internal", 15)) == (Why.NOT_YET, "decision", 50)
    assert for_people(50, *said, reached("internal", 15)) == (Why.DUE, "decision", 50)


def test_what_came_here_late_is_given_its_time() -> None:
    item = Item(1, DUE, last_day(DUE), since=DUE + 90 * DAY)
    step = cadence.step_for_people(item, STANDARD, DUE + 91 * DAY)
    assert step is not None
    assert told(step) == (Why.NOT_YET, "internal", 90 + 12)
    assert for_people(60, reached("reminder_gentle", 55)) == (Why.NOT_YET, "internal", 67)


def test_nothing_is_said_while_something_is_under_way() -> None:
    assert told(at(7, reached("reminder_gentle", 3), Said("call", Outcome.WAITING, DUE + 7 * DAY)))[0] == Why.WAITING
    taken_back = Said("reminder_gentle", Outcome.NOT_SAID, DUE + 3 * DAY)
    assert told(at(4, taken_back)) == (Why.DUE, "reminder_gentle", 3), "as if it had never been planned"


def test_a_due_date_on_a_sunday_is_late_after_the_monday() -> None:
    sunday = date(2026, 11, 15)
    one = Item(1, sunday, last_day(sunday))
    short = [Level(levels.DUE_TODAY, 0, Medium.MESSAGE), Level(levels.GENTLE, 1, Medium.MESSAGE)]
    assert told(cadence.step(one, short, sunday + DAY))[:2] == (Why.DUE, "due_today")
    assert told(cadence.step(one, short, sunday + 2 * DAY))[:2] == (Why.DUE, "reminder_gentle")


def test_one_contact_names_everything_and_speaks_at_the_highest_level() -> None:
    by_code = {level.code: level for level in STANDARD}
    due = {5: by_code["caring"], 3: by_code["call"], 4: by_code["reminder_gentle"], 6: by_code["internal"]}
    found = cadence.contact(due)
    assert found is not None
    assert found.level.code == "call"
    assert [item for item, _level in found.items] == [3, 4, 5]
    assert cadence.for_people(due) == {"internal": [6]}
    assert cadence.contact({6: by_code["internal"]}) is None


@pytest.mark.parametrize(
    ("before", "until"),
    [((), None), ((0,), 1), ((1, 3, 5), 2), ((6, 5, 4), 1), ((7, 8, 9), None), ((2, 4), None), ((0, 2, 4), 3)],
)
def test_one_contact_a_day_and_three_in_seven_days(before: tuple[int, ...], until: int | None) -> None:
    found = cadence.capped_until([DUE - days * DAY for days in before], DUE, 3)
    assert found == (None if until is None else DUE + until * DAY)


LEVEL = {level.code: level for level in STANDARD}
ALL = frozenset({Medium.MESSAGE, Medium.LETTER, Medium.CALL})


@pytest.mark.parametrize(
    ("level", "reach", "consumer", "first", "medium", "because"),
    [
        ("reminder_gentle", media.Reach(ALL), False, True, Medium.MESSAGE, "as_planned"),
        ("reminder_gentle", media.Reach(ALL), True, True, Medium.LETTER, "no_agreement"),
        ("reminder_gentle", media.Reach(ALL, agreed=Medium.MESSAGE), True, True, Medium.MESSAGE, "as_planned"),
        ("reminder_gentle", media.Reach(ALL, agreed=Medium.CALL), True, True, Medium.LETTER, "no_agreement"),
        ("reminder_gentle", media.Reach(frozenset({Medium.MESSAGE, Medium.CALL})), True, True, Medium.CALL, "no_agreement"),
        ("reminder_gentle", media.Reach(frozenset({Medium.MESSAGE})), True, True, None, "no_consent"),
        ("reminder_gentle", media.Reach(frozenset()), True, True, None, "no_address"),
        ("find_a_way", media.Reach(ALL), True, False, Medium.MESSAGE, "as_planned"),
        ("caring", media.Reach(ALL), True, True, Medium.MESSAGE, "as_planned"),
        ("caring", media.Reach(frozenset({Medium.LETTER, Medium.CALL})), False, True, None, "no_address"),
        ("caring", media.Reach(frozenset(), stopped=True), False, True, None, "stopped"),
        ("call", media.Reach(frozenset({Medium.MESSAGE})), False, False, Medium.MESSAGE, "no_other_way"),
        ("call", media.Reach(ALL, agreed=Medium.LETTER), False, False, Medium.LETTER, "preferred"),
        ("call", media.Reach(ALL, failed=frozenset({Medium.CALL})), False, False, Medium.MESSAGE, "no_other_way"),
        ("call", media.Reach(frozenset({Medium.CALL}), failed=frozenset({Medium.CALL})), False, False, Medium.CALL, "no_other_way"),
        ("reminder_gentle", media.Reach(ALL, failed=frozenset({Medium.LETTER})), True, True, Medium.CALL, "no_agreement"),
        ("reminder_gentle", media.Reach(frozenset({Medium.CALL})), False, True, Medium.CALL, "no_other_way"),
    ],
)  # fmt: skip
def test_the_way_is_the_levels_the_customers_and_the_laws(
    level: str, reach: media.Reach, consumer: bool, first: bool, medium: Medium | None, because: str
) -> None:
    found = media.way(LEVEL[level], reach, consumer=consumer, first=first, first_by=Medium.LETTER)
    assert (found.medium, found.because) == (medium, because)


class Year:
    """Some due items of one customer, day after day; the world decides what becomes of what is said."""

    def __init__(self, dues: list[date], outages: set[date], held: dict[int, set[date]], falls: list[str]) -> None:
        self.items = {n: Item(n, due, last_day(due)) for n, due in enumerate(dues)}
        self.outages, self.held, self.falls = outages, held, falls
        self.contacts: list[tuple[date, cadence.Contact]] = []
        self.waiting: list[tuple[date, cadence.Contact, Outcome]] = []

    def live(self, day: date) -> None:
        for turns, one, outcome in [w for w in self.waiting if w[0] <= day]:
            self.waiting.remove((turns, one, outcome))
            self._keep(one, outcome, day, after=True)
        if closing(day) is None or day in self.outages:
            return
        due, to_look_at = {}, {}
        for item in self.items.values():
            if day in self.held.get(item.item_id, set()):
                continue
            step, people = cadence.step(item, STANDARD, day), cadence.step_for_people(item, STANDARD, day)
            if step.why is Why.DUE and step.level is not None:
                due[item.item_id] = step.level
            if people is not None and people.why is Why.DUE and people.level is not None:
                to_look_at[item.item_id] = people.level
        for level, items in cadence.for_people(to_look_at).items():
            for item_id in items:
                self._say(item_id, Said(level, Outcome.REACHED, day))
        contact = cadence.contact(due)
        if contact is None or self.waiting or cadence.capped_until([d for d, _ in self.contacts], day, 3) is not None:
            return
        self.contacts.append((day, contact))
        self._keep(contact, Outcome.WAITING, day, after=False)
        fate = self.falls[len(self.contacts) % len(self.falls)]
        days = {"at_once": 0, "late": 2, "lost": 1}[fate]
        outcome = Outcome.FAILED if fate == "lost" else Outcome.REACHED
        if days:
            self.waiting.append((day + days * DAY, contact, outcome))
        else:
            self._keep(contact, outcome, day, after=True)

    def _keep(self, contact: cadence.Contact, outcome: Outcome, day: date, *, after: bool) -> None:
        for item_id, level in contact.items:
            if after:
                kept = tuple(s for s in self.items[item_id].said if s.outcome is not Outcome.WAITING)
                self.items[item_id] = Item(item_id, *self._days(item_id), kept)
            self._say(item_id, Said(level.code, outcome, day))

    def _say(self, item_id: int, said: Said) -> None:
        item = self.items[item_id]
        self.items[item_id] = Item(item_id, item.due_on, item.last_day, (*item.said, said))

    def _days(self, item_id: int) -> tuple[date, date]:
        return self.items[item_id].due_on, self.items[item_id].last_day


FIRST = date(2026, 1, 1)
days_of_the_year = st.integers(0, 364).map(lambda n: FIRST + n * DAY)


@settings(max_examples=60, deadline=None)
@given(
    dues=st.lists(days_of_the_year, min_size=1, max_size=5),
    outages=st.sets(days_of_the_year, max_size=40),
    held=st.dictionaries(st.integers(0, 4), st.sets(days_of_the_year, max_size=30), max_size=3),
    falls=st.lists(st.sampled_from(["at_once", "at_once", "late", "lost"]), min_size=1, max_size=7),
)
def test_a_year_of_days(dues: list[date], outages: set[date], held: dict[int, set[date]], falls: list[str]) -> None:
    """Never on a Sunday or holiday, never twice a day, never four in seven days, never while held, no level twice
    once it was heard, no escalation past what nobody heard, and after an outage everything is taken up again."""
    year = Year(dues, outages, held, falls)
    for n in range(-15, 365 + 75):
        year.live(FIRST + n * DAY)
    spoken_on = [day for day, _contact in year.contacts]
    assert len(spoken_on) == len(set(spoken_on))
    for day, contact in year.contacts:
        assert closing(day) is not None
        assert day not in outages
        assert sum(1 for one in spoken_on if day - timedelta(days=7) < one <= day) <= 3
        for item_id, _level in contact.items:
            assert day not in held.get(item_id, set())
    for item in year.items.values():
        _is_in_order(item)
        _comes_before_people(item, held.get(item.item_id, set()) | outages)
        if "lost" not in falls:
            ends = {one.level for one in item.said if one.outcome is Outcome.REACHED}
            late = {level.code for level in STANDARD if level.is_after}
            assert late - ends == set() or item.due_on + timedelta(days=50) > FIRST + 330 * DAY, (
                "no gap after an outage"
            )


def _comes_before_people(item: Item, kept_from: set[date]) -> None:
    """Whatever happens to messages and calls, the creditor's own people have it before them in its time."""
    for level in STANDARD:
        if level.medium is not Medium.CASE:
            continue
        (seen,) = [one.on for one in item.said if one.level == level.code]
        first = max([one.on for one in item.said if one.outcome is Outcome.REACHED and one.on < seen], default=None)
        day = item.due_on + timedelta(days=level.days)
        if first is not None:
            day = max(day, first + timedelta(days=level.days))  # the widest distance that anything asks for
        while day in kept_from or closing(day) is None or day <= item.last_day:
            day += DAY
        assert seen <= day, (level.code, seen, day)


def _is_in_order(item: Item) -> None:
    heard = [one for one in item.said if one.outcome is Outcome.REACHED]
    assert len({one.level for one in heard}) == len(heard)
    after = [one for one in heard if LEVEL[one.level].is_after and LEVEL[one.level].medium is not Medium.CASE]
    for earlier, later in pairwise(after):
        apart = LEVEL[later.level].days - LEVEL[earlier.level].days
        assert apart > 0
        assert (later.on - earlier.on).days >= apart, "each keeps its distance from what was heard before"
    for one in heard:
        assert one.on >= item.due_on + timedelta(days=LEVEL[one.level].days)
        assert LEVEL[one.level].is_after or one.on <= item.last_day + timedelta(days=2), "courtesy is never late"
