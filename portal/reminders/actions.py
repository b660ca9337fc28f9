"""Caring: a courteous message some days before the due date, one per debtor, never twice for one due item."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from portal.channel_wishes import queries as channel_wishes
from portal.core import clock, db, ids, windows
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import facts, links
from portal.messages import actions as messages
from portal.messages import levels
from portal.messages.models import Message
from portal.reminders import queries, rules
from portal.reminders.models import Touch

CARING = levels.CARING


@dataclass(slots=True)
class Planned:
    """How many messages were planned, and why others were not (no_address, no_fact, stopped)."""

    messages: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def plan_caring(creditor: Creditor, *, today: date, whatever_the_hour: bool = False) -> Planned:
    """Plans the caring messages that are due on `today` for the creditor in scope.

    They leave within the next lawful window (`not_before`); `whatever_the_hour` is for trying out.
    """
    last = today + timedelta(days=creditor.caring_days_before)
    planned = Planned()
    for debtor_id, group in groupby(queries.untouched(CARING, today, last), key=lambda c: c.debtor_id):
        candidates = list(group)
        why_not = _plan_for(creditor, debtor_id, candidates, whatever_the_hour)
        if why_not is None:
            planned.messages += 1
        else:
            planned.skipped[why_not] += 1
    return planned


def _plan_for(
    creditor: Creditor, debtor_id: int, candidates: list[queries.Candidate], whatever_the_hour: bool
) -> str | None:
    goes = channel_wishes.where_to(debtor_id)
    contact = goes.contact
    if contact is None:
        return goes.why_not
    if facts.question(creditor.gate_fact, candidates[0].held) is None:
        return "no_fact"
    link = links.issue(
        debtor_id,
        purpose=links.PORTAL,
        campaign=CARING,
        expires_at=links.caring_expiry(max(c.due_on for c in candidates)),
        contact_point_id=contact.id,
    )
    message = messages.plan(
        CARING,
        debtor_id=debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=candidates[0].language,
        link_id=link.id,
        channel=goes.channel,
        params={"whatever_the_hour": True} if whatever_the_hour else None,
    )
    for one in candidates:
        db.session().add(
            Touch(
                id=ids.new_id(),
                debtor_id=debtor_id,
                due_item_id=one.item_id,
                level=CARING,
                message_id=message.id,
                planned_at=clock.now(),
            )
        )
    db.session().flush()
    return None


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending: what was to be said may be settled by now (decision 16)."""
    if message.key not in levels.KEYS:
        return None
    standings = queries.standings(message.id, _today(message))
    if not standings and message.key != CARING:
        return None  # it names no due item here: whoever planned it answers for it
    why = rules.why_not_say(standings, until_due=message.key in levels.UNTIL_DUE)
    return str(why) if why is not None else None


def _today(message: Message) -> date:
    return clock.today(creditors.by_id(message.creditor_id).time_zone)


def not_before(message: Message) -> datetime | None:
    """When a message of ours may leave at the earliest (rule C-10); what was asked for may leave at once."""
    if message.asked_for or message.params.get("whatever_the_hour"):
        return None
    return windows.next_moment(clock.now(), creditors.by_id(message.creditor_id).time_zone)


def known_for(message: Message) -> dict[str, int]:
    """How many documents a message of the cadence speaks of."""
    if message.key not in levels.KEYS:
        return {}
    until_due = message.key in levels.UNTIL_DUE
    return {"count": queries.documents_of(message.id, _today(message), until_due=until_due)}
