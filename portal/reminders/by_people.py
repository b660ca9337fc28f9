"""A call that the cadence asks for: the sheet inside its case, and what came of it."""

from datetime import datetime
from typing import Any

from flask import url_for

from portal.cases import events as case_events
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.cases.states import CaseStatus
from portal.channel_wishes import actions as wishes
from portal.channel_wishes import queries as channel_wishes
from portal.channel_wishes.rules import PHONE
from portal.core import clock, db
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.debtors import actions as debtor_actions
from portal.debtors import queries as debtors
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.reminders import agency_caps, queries
from portal.silence import queries as silence
from portal.web import i18n

# How a call ends where the customer was reached; every other end reached nobody.
REACHED = frozenset({"spoken", kinds.ANSWERED})
WRONG_NUMBER, NO_CALLS = "wrong_number", "no_calls"


def hear_closed(event: case_events.CaseClosed, _event_id: int) -> None:
    """A number that is not theirs is used no more, and who wants no calls gets none."""
    if event.outcome not in {WRONG_NUMBER, NO_CALLS} or event.debtor_id is None:
        return
    if event.outcome == NO_CALLS:
        wishes.stop(event.debtor_id, PHONE)
        return
    debtor = debtors.debtor(event.debtor_id)
    contact = channel_wishes.on_file(debtor, debtors.contacts(debtor.id)).contacts.get(PHONE) if debtor else None
    case = db.session().get_one(Case, event.case_id)
    if contact is not None and contact.added_at <= case.opened_at:  # a newer one was not what somebody dialled
        debtor_actions.stop_contact(contact, WRONG_NUMBER)


def panel(case: Case) -> Panel | None:
    """Whom to call, about what, in which first words, and whether now is a moment for it."""
    debtor = debtors.debtor(case.debtor_id)
    if debtor is None:
        return None
    there = channel_wishes.on_file(debtor, debtors.contacts(debtor.id)).contacts
    language = i18n.languages().get(debtor.language)
    rests, face = silence.now_of(debtor.id), person().creditor
    at, about = _not_before(case), queries.about(case.id, debtor.id)
    values: dict[str, Any] = {
        "phone": there[PHONE].address if PHONE in there else "",
        "language": language.own_name if language is not None else debtor.language,
        "rests": i18n.say(rests.label) if rests is not None else "",
        "nothing_left": all(one.silent is not None for one in about),
        "not_now": i18n.moment(at, face.time_zone) if at > clock.now() else "",
        "opening": i18n.say(_opening(debtor.name, face.display_name)),
        "documents": [
            {
                "number": one.number,
                "due_on": i18n.day(one.due_on),
                "open": i18n.money(one.open),
                "rests": i18n.say(one.silent.label) if one.silent is not None else "",
            }
            for one in about
        ],
        "roads": _roads(case),
        "sheet_url": url_for("debtors_creditor.show", debtor_id=debtor.id),
        "cadence_url": url_for("calendar_creditor.show_customer", debtor_id=debtor.id),
    }
    return Panel("reminders/staff_by_people.html", values, leaves_closing=True)


def _not_before(case: Case) -> datetime:
    """When somebody may call: at an hour for it, and not after another contact of the same agency's."""
    now = clock.now()
    if case.status is CaseStatus.CLOSED:
        return now
    hour = queries.next_moment(case.debtor_id, creditors.in_scope())
    return max(hour, agency_caps.call_not_before(case.debtor_id) or now)


def _roads(case: Case) -> list[tuple[str, str]]:
    """What may come of it, each with its page (portal.spoken)."""
    if case.status is CaseStatus.CLOSED or not person().may(Permission.ANSWER):
        return []
    return [(i18n.say(label), url_for(f"spoken_creditor.{name}", call_case_id=case.id)) for name, label in _ROADS]


_ROADS = (
    ("show_promise", t("They named a day")),
    ("show_plan", t("They want to pay in parts")),
    ("choose_document", t("Something is wrong")),
)


def _opening(name: str, creditor: str) -> Text:
    return t(
        "“Good day, I am calling for %(creditor)s. May I speak with %(name)s?” Tell nobody else what it is about.",
        creditor=creditor,
        name=name,
    )
