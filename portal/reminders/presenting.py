"""How the cadence looks on pages: what comes next for a customer, what was said, and why something is not."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from portal.core import clock
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.messages.states import MessageStatus
from portal.reminders import reading
from portal.reminders.deciding import Customer, Moment, decide
from portal.reminders.levels import LABELS, MEDIA, Medium
from portal.reminders.media import BECAUSE, Because
from portal.reminders.models import Touch
from portal.reminders.outlook import Coming, look_ahead
from portal.reminders.policies import Version
from portal.web import i18n

NOTHING_OPEN: dict[str, str] = {"when": "–", "what": "", "why": ""}


def read(debtor_ids: Sequence[int], version: Version, moment: Moment) -> list[Customer]:
    """These customers as things stand at this very moment: a hold of a minute ago is seen."""
    return reading.some(creditors.in_scope(), debtor_ids, version, moment.now)


def next_of(customer: Customer, version: Version, moment: Moment) -> dict[str, str]:
    """What comes next for the customer: {when, what, why}."""
    found = look_ahead(customer, version, moment)
    if isinstance(found, Coming):
        count = len(found.items)
        said = t("%(level)s, about %(count)s documents", level=LABELS[found.level.code], count=count)
        if count == 1:
            said = t("%(level)s, about %(number)s", level=LABELS[found.level.code], number=found.items[0].number)
        return {
            "when": i18n.day(found.on),
            "what": i18n.say(said),
            "why": i18n.say(
                t("%(medium)s: %(why)s", medium=MEDIA[found.medium], why=BECAUSE[Because(found.because)])
            ),
        }
    return {"when": _until(found.until, moment.zone), "what": "", "why": i18n.say(found.label)}


def _until(until: datetime | date | None, zone: str) -> str:
    if until is None:
        return "–"
    day = clock.day_of(until, zone) if isinstance(until, datetime) else until
    return i18n.say(t("not until %(day)s", day=i18n.day(day)))


def items(customer: Customer, version: Version, moment: Moment) -> list[dict[str, str]]:
    """Every open document and what is said of it now, or why it is not."""
    found: list[dict[str, str]] = []
    decision = decide(customer, version, moment)
    for due in decision.due:
        found += [_item(one.number, one.item.due_on, i18n.say(LABELS[its.code]), "") for one, its in due.items]
    for none in decision.not_due:
        until = _until(none.until, moment.zone) if none.until is not None else ""
        found += [_item(one.number, one.item.due_on, i18n.say(none.label), until) for one in none.items]
    return found


def _item(number: str, due_on: date, what: str, until: str) -> dict[str, str]:
    return {"number": number, "due_on": i18n.day(due_on), "what": what, "until": until}


_BECAME: dict[MessageStatus, Text] = {
    MessageStatus.PLANNED: t("waits to leave"),
    MessageStatus.SENDING: t("is on its way"),
    MessageStatus.SENT: t("has left"),
    MessageStatus.FAILED: t("did not reach them"),
    MessageStatus.SUPPRESSED: t("was held back"),
}


def touch(one: Touch, number: str, status: MessageStatus | None, zone: str) -> dict[str, Any]:
    """One touch as it is listed: when, at which level, by what and why so, and what became of it."""
    why = BECAUSE.get(Because(one.because), Text(one.because)) if one.medium != Medium.CASE else Text("")
    return {
        "at": i18n.moment(one.at, zone),
        "number": number,
        "level": i18n.say(LABELS.get(one.level, Text(one.level))),
        "medium": i18n.say(MEDIA[Medium(one.medium)]),
        "why": i18n.say(why),
        "became": i18n.say(_BECAME[status]) if status is not None else "",
    }
