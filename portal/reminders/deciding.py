"""What a customer is told on a day, and of everything that they are not told, why: pure, from what was read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.core import windows
from portal.core.places import Place
from portal.core.text import Text, t
from portal.reminders import cadence, media
from portal.reminders.cadence import Why
from portal.reminders.levels import FOR_PEOPLE, Level, Medium
from portal.reminders.policies import CONSUMER, Version

PAUSED, HELD, CAPPED, OUTSIDE_HOURS, NO_FACT = "paused", "held", "capped", "outside_hours", "no_fact"
TIME_BARRED, SDI_REJECTED = "time_barred", "sdi_rejected"

REASONS: Mapping[str, Text] = {
    PAUSED: t("you have paused it"),
    HELD: t("it rests"),
    CAPPED: t("they have heard from you often enough for now"),
    OUTSIDE_HOURS: t("nobody writes at this hour"),
    NO_FACT: t("nothing is on file that could open the page"),
    TIME_BARRED: t("the time to ask for it is over"),
    SDI_REJECTED: t("the tax system sent the invoice back"),
    media.NO_ADDRESS: t("no address is on file"),
    media.NO_CONSENT: t("a first reminder needs a letter or a call, and neither can reach them"),
    media.STOPPED: t("they do not want to be written to"),
    Why.NOT_YET: t("its day has not come"),
    Why.WAITING: t("something is under way already"),
    Why.UNREACHED: t("nobody was reached, and it was tried often enough"),
    Why.ALL_SAID: t("everything has been said"),
}


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nobody speaks to somebody or of something: a key of REASONS, its words, until when where that is known.

    `held_by` is what holds it, in the word of its feature, unless only few may know.
    """

    reason: str
    label: Text
    until: datetime | date | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open due item as the cadence sees it. `tries`: how often each level was planned; `number` of its invoice."""

    item: cadence.Item
    number: str
    silence: Silence | None
    tries: Mapping[str, int]
    failed: Mapping[str, frozenset[Medium]] = field(default_factory=dict)  # by what each level was tried in vain
    probably_late: bool = False  # portal.late_risk; nothing but an earlier courtesy ever follows from it

    @property
    def was_reminded(self) -> bool:
        """Whether anything has reached its reader since the last day on which payment was in time.

        What the creditor's own people looked at has reached nobody.
        """
        said = [one for one in self.item.said if one.level not in FOR_PEOPLE]
        return any(one.outcome is cadence.Outcome.REACHED and one.on > self.item.last_day for one in said)


@dataclass(frozen=True, slots=True)
class Customer:
    """All that is to be known of a customer to decide. `contacts` are the days on which we spoke, or will."""

    debtor_id: int
    code: str
    segment: str
    language: str
    places: tuple[Place, ...]
    reach: media.Reach
    writes_to: tuple[int, str] | None  # the contact point that a message goes to, and its address
    writes_by: str  # the channel of portal.messages that it takes; "" where none does
    no_courtesy: frozenset[str]  # levels that they have asked not to get where the message would go
    has_fact: bool
    contacts: tuple[date, ...]
    silence: Silence | None
    items: tuple[OpenItem, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """One contact, or for Medium.CASE one thing for the creditor's own people, with all items that it names."""

    level: Level
    medium: Medium
    because: str
    at: datetime
    items: tuple[tuple[OpenItem, Level], ...]


@dataclass(frozen=True, slots=True)
class NotDue:
    """Items that nothing is said of now: a key of REASONS, its words, until when (an instant or a day), by what."""

    items: tuple[OpenItem, ...]
    reason: str
    label: Text
    until: datetime | date | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    due: tuple[Due, ...]
    not_due: tuple[NotDue, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is asked, and in which zone its days count: the creditor's. `any_hour` is for trying out."""

    now: datetime
    zone: str
    any_hour: bool = False

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()


def first_reminder(late: Iterable[OpenItem]) -> bool:
    """Whether none of these late items has been spoken of since it is late."""
    return not any(one.was_reminded for one in late)


def decide(customer: Customer, version: Version, moment: Moment) -> Decision:
    """What is said to the customer at this moment, what is not, and why."""
    if customer.silence is not None:
        return Decision((), (_silent(customer.items, customer.silence),))
    due: dict[int, Level] = {}
    to_look_at: dict[int, Level] = {}
    not_due: list[NotDue] = []
    by_id = {one.item.item_id: one for one in customer.items}
    for one in customer.items:
        if one.silence is not None:
            not_due.append(_silent((one,), one.silence))
            continue
        levels = version.levels(customer.segment, early=one.probably_late)
        people = cadence.step_for_people(one.item, levels, moment.today)
        if people is not None and people.why is Why.DUE and people.level is not None:
            to_look_at[one.item.item_id] = people.level
        step = cadence.step(one.item, levels, moment.today)
        if step.why is Why.DUE and step.level is not None:
            due[one.item.item_id] = step.level
        else:
            not_due.append(NotDue((one,), step.why, REASONS[step.why], step.day))
    found = []
    for items in cadence.for_people(to_look_at).values():
        named = tuple((by_id[item_id], to_look_at[item_id]) for item_id in items)
        found.append(Due(named[0][1], Medium.CASE, media.Because.PLANNED, moment.now, named))
    contact = cadence.contact(due)
    if contact is not None:
        named = tuple((by_id[item_id], level) for item_id, level in contact.items)
        spoken = _speak(customer, version, contact.level, named, moment)
        if isinstance(spoken, Due):
            found.append(spoken)
        else:
            not_due.append(spoken)
    return Decision(tuple(found), tuple(_without(not_due, to_look_at)))


def _without(not_due: Iterable[NotDue], due: Mapping[int, Level]) -> Iterable[NotDue]:
    """An item that our people look at today is due, whatever else is not said of it."""
    for one in not_due:
        items = tuple(item for item in one.items if item.item.item_id not in due)
        if items:
            yield replace(one, items=items)


def _silent(items: tuple[OpenItem, ...], silence: Silence) -> NotDue:
    return NotDue(items, silence.reason, silence.label, silence.until, silence.held_by)


def _speak(
    customer: Customer, version: Version, level: Level, named: tuple[tuple[OpenItem, Level], ...], moment: Moment
) -> Due | NotDue:
    """The contact, or why it does not come to it today."""

    def none(reason: str, until: datetime | date | None = None) -> NotDue:
        return NotDue(tuple(one for one, _level in named), reason, REASONS[reason], until)

    if not customer.has_fact:
        return none(NO_FACT)
    failed = frozenset[Medium]().union(
        *(one.failed.get(its.code, ()) for one, its in named if its.code == level.code)
    )
    way = media.way(
        level, replace(customer.reach, failed=failed), consumer=customer.segment == CONSUMER,
        first=first_reminder(one for one, its in named if its.is_after), first_by=version.first_by,
    )  # fmt: skip
    if way.medium is None:
        return none(way.because)
    if way.medium is Medium.MESSAGE and level.code in customer.no_courtesy:
        return none(media.STOPPED)
    free = cadence.capped_until(customer.contacts, moment.today, version.per_week)
    if free is not None:
        return none(CAPPED, free)
    at = moment.now
    if not moment.any_hour:
        at = windows.next_shared_moment(at, (Place(moment.zone), *customer.places), saturdays=version.saturdays)
    if at.astimezone(ZoneInfo(moment.zone)).date() != moment.today:
        return none(OUTSIDE_HOURS, at)
    return Due(level, way.medium, way.because, at, named)
