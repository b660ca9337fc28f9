"""Sending the words of what did not arrive by another way, once, or asking a colleague for one."""

from datetime import timedelta

from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.channel_wishes import queries as wishes
from portal.channel_wishes import rules as channels
from portal.core import clock, db, events, ids
from portal.core.events import EventRow
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.messages import actions as messages
from portal.messages import queries as message_queries
from portal.messages import rules as facts
from portal.messages.events import MessageBounced, MessageComplained, MessageUndelivered
from portal.messages.models import Message
from portal.undelivered import events as happened
from portal.undelivered import rules

INSTEAD_OF = "instead_of"  # among a message's params: the id of the one whose words it has
LINK_DAYS = timedelta(days=30)


def hear_bounced(event: MessageBounced, _event_id: int) -> None:
    _see_to(event.message_id)


def hear_undelivered(event: MessageUndelivered, _event_id: int) -> None:
    if event.kind == facts.FAILED:  # what bounced says so itself, once its address is closed
        _see_to(event.message_id)


def hear_complained(event: MessageComplained, _event_id: int) -> None:
    """Whoever minds what we write wants a person, or another way: nothing goes anywhere by itself."""
    message = message_queries.one(event.message_id)
    if message is not None:
        _ask_for_a_way(message.debtor_id, kinds.COMPLAINED)


def _see_to(message_id: int) -> None:
    message = message_queries.one(message_id)
    if message is None or _is_seen_to(message_id):
        return
    if not rules.goes_another_way(message.key, asked_for=message.asked_for):
        if not _reachable(message.debtor_id):
            _leave(message)
        return
    contact = _another(message)
    if contact is None:
        _leave(message)
        return
    _send_instead(message, contact)


def _is_seen_to(message_id: int) -> bool:
    names = (happened.SentInstead.name, happened.LeftToStaff.name)
    pending = (row for row in db.session().info.get("events", ()) if row["subject_id"] == message_id)
    if any(row["name"] in names for row in pending):
        return True
    said = select(EventRow.id).where(EventRow.name.in_(names), EventRow.subject_id == message_id)
    return db.session().scalar(said.limit(1)) is not None


def _ways(debtor_id: int) -> dict[str, ContactPoint]:
    """What leads to the customer without a person, but for addresses whose reader said that they are not theirs."""
    debtor, paused = db.session().get_one(Debtor, debtor_id), debtors.paused(debtor_id)
    there = wishes.on_file(debtor, [row for row in debtors.contacts(debtor_id) if row.id not in paused])
    return {one: row for one, row in there.contacts.items() if one in channels.AUTOMATIC}


def _reachable(debtor_id: int) -> bool:
    return any(one not in wishes.stopped(debtor_id) for one in _ways(debtor_id))


def _another(message: Message) -> ContactPoint | None:
    ways = _ways(message.debtor_id)
    channel = rules.instead(
        channels.OF_MESSAGE.get(message.channel, message.channel),
        ways,
        wishes.stopped(message.debtor_id),
        is_second=INSTEAD_OF in message.params,
    )
    return ways[channel] if channel is not None else None


def _send_instead(message: Message, contact: ContactPoint) -> None:
    link = db.session().get(AccessLink, message.link_id) if message.link_id is not None else None
    fresh = links.issue(
        message.debtor_id,
        purpose=links.PORTAL,
        campaign=message.key,
        expires_at=clock.now() + LINK_DAYS,
        invoice_id=link.invoice_id if link is not None else None,
        contact_point_id=contact.id,
    )
    sent = messages.plan(
        message.key,
        debtor_id=message.debtor_id,
        to_address=contact.address,
        language=message.language,
        contact_point_id=contact.id,
        link_id=fresh.id,
        channel=wishes.SENT_BY[channels.OF_CONTACT[contact.channel]],
        params={**message.params, INSTEAD_OF: ids.spell(message.id)},
    )
    events.record(
        happened.SentInstead(
            message_id=message.id, debtor_id=message.debtor_id, instead_id=sent.id, channel=sent.channel
        )
    )


def _leave(message: Message) -> None:
    case = _ask_for_a_way(message.debtor_id, kinds.NO_WAY)
    events.record(happened.LeftToStaff(message_id=message.id, debtor_id=message.debtor_id, case_id=case.id))


def _ask_for_a_way(debtor_id: int, cause: str) -> Case:
    """One open case of a customer is enough, however many messages come back."""
    wanted = select(Case).where(
        Case.debtor_id == debtor_id, Case.kind == kinds.UNREACHED, Case.status != CaseStatus.CLOSED
    )
    there = db.session().scalars(wanted.limit(1)).one_or_none()
    return there or cases.open_case(kinds.UNREACHED, debtor_id, cause=cause)
