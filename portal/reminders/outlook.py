"""What comes next for a customer, and when, as things stand today; or why nothing does. Pure, like the deciding."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from portal.core import windows
from portal.core.places import Place
from portal.core.text import Text
from portal.reminders import cadence, media
from portal.reminders.cadence import Why
from portal.reminders.deciding import NO_FACT, REASONS, Customer, Moment, OpenItem, first_reminder
from portal.reminders.levels import Level, Medium
from portal.reminders.policies import CONSUMER, Version


@dataclass(frozen=True, slots=True)
class Coming:
    """The next contact: the day on which it is lawful, at which level, by what, and how many items it names."""

    on: date
    level: Level
    medium: Medium
    because: str
    items: tuple[OpenItem, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why nothing is to come: a key of deciding.REASONS, its words, and until when where that is known."""

    reason: str
    label: Text
    until: datetime | date | None


def look_ahead(customer: Customer, version: Version, moment: Moment) -> Coming | Nothing:
    """The next contact with the customer if nothing happens meanwhile, or why there is none."""
    if customer.silence is not None:
        return Nothing(customer.silence.reason, customer.silence.label, customer.silence.until)
    found: list[tuple[date, Level, OpenItem]] = []
    why: Why | None = None
    for one in customer.items:
        if one.silence is not None:
            continue
        levels = version.levels(customer.segment, early=one.probably_late)
        step = cadence.step(one.item, levels, moment.today)
        if step.level is None or step.day is None:
            why = step.why
        else:
            found.append((max(step.day, moment.today), step.level, one))
    if not found:
        return _nothing(customer, why)
    first = min(day for day, _level, _one in found)
    named = {one.item.item_id: level for day, level, one in found if day == first}
    contact = cadence.contact(named)
    assert contact is not None  # a spoken level is among them
    items = tuple(one for _day, _level, one in found if one.item.item_id in named)
    if not customer.has_fact:
        return Nothing(NO_FACT, REASONS[NO_FACT], None)
    way = media.way(
        contact.level, customer.reach, consumer=customer.segment == CONSUMER,
        first=first_reminder(one for one in items if named[one.item.item_id].is_after), first_by=version.first_by,
    )  # fmt: skip
    if way.medium is None:
        return Nothing(way.because, REASONS[way.because], None)
    if way.medium is Medium.MESSAGE and contact.level.code in customer.no_courtesy:
        return Nothing(media.STOPPED, REASONS[media.STOPPED], None)
    return Coming(_lawful(customer, version, moment, first), contact.level, way.medium, way.because, items)


def _nothing(customer: Customer, why: Why | None) -> Nothing:
    silent = next((one.silence for one in customer.items if one.silence is not None), None)
    if why is None and silent is not None:
        return Nothing(silent.reason, silent.label, silent.until)
    reason = why or Why.ALL_SAID
    return Nothing(reason, REASONS[reason], None)


def _lawful(customer: Customer, version: Version, moment: Moment, first: date) -> date:
    """The first day from `first` on that is one for writing here and there, and not one too many in a week."""
    zone = ZoneInfo(moment.zone)
    day = first
    while True:
        free = cadence.capped_until(customer.contacts, day, version.per_week) or day
        begin = max(datetime.combine(free, time.min, zone), moment.now)
        at = windows.next_shared_moment(begin, (Place(moment.zone), *customer.places), saturdays=version.saturdays)
        day = at.astimezone(zone).date()
        if cadence.capped_until(customer.contacts, day, version.per_week) is None:
            return day
