"""What a customer wishes of each channel, which channels there are, and where a message of ours may go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.channel_wishes import rules
from portal.channel_wishes.models import ChannelWish
from portal.channel_wishes.rules import EMAIL, LETTER, MOBILE, PHONE
from portal.core import db, installation
from portal.debtors import queries as debtors
from portal.debtors.models import ContactPoint, Debtor
from portal.messages import courtesy
from portal.messages.models import CourtesyStop, Message
from portal.messages.rules import HELD_BACK


def of_debtor(debtor_id: int, channel: str) -> ChannelWish | None:
    found = select(ChannelWish).where(ChannelWish.debtor_id == debtor_id, ChannelWish.channel == channel)
    return db.session().scalars(found).one_or_none()


def stopped(debtor_id: int) -> dict[str, datetime]:
    """Since when the customer does not want each of these channels."""
    found = select(ChannelWish).where(ChannelWish.debtor_id == debtor_id, ChannelWish.resumed_at.is_(None))
    return {row.channel: row.stopped_at for row in db.session().scalars(found)}


def is_stopped(debtor_id: int, channel: str) -> bool:
    return channel in stopped(debtor_id)


@dataclass(frozen=True, slots=True)
class OnFile:
    """What the creditor really has of a customer: a contact for each way, the newest; letters have none here."""

    contacts: dict[str, ContactPoint]
    letter: bool

    @property
    def channels(self) -> list[str]:
        return [one for one in rules.NAMES if one in self.contacts or (one == LETTER and self.letter)]


def on_file(debtor: Debtor, contacts: Sequence[ContactPoint]) -> OnFile:
    """The ways that lead to this customer, given all of their contact points, the oldest first.

    A text needs the installation's gateway and a mobile's number. That the creditor has a postal address the portal
    knows by its postcode alone: the rest of it never comes here.
    """
    found: dict[str, ContactPoint] = {}
    for row in contacts:
        if row.stopped_at is not None or row.colleague:
            continue
        if row.channel == "email" or (row.channel == "pec" and found.get(EMAIL, row).channel == "pec"):
            found[EMAIL] = row
        if row.channel == "mobile" and debtors.can_be_sent_to(row):
            found[MOBILE] = row
        if row.channel in {"mobile", "phone"}:
            found[PHONE] = row
    return OnFile(found, bool(debtor.postcode))


@dataclass(frozen=True, slots=True)
class Goes:
    """Where a message of ours goes, and by which channel of portal.messages; or why nowhere."""

    contact: ContactPoint | None = None
    channel: str = ""
    why_not: str = ""


SENT_BY = {channel: message for message, channel in rules.OF_MESSAGE.items()}


def where_to(debtor_id: int) -> Goes:
    """Where a message that nobody asked for goes, as the customer wishes."""
    debtor, contacts = db.session().get_one(Debtor, debtor_id), debtors.contacts(debtor_id)
    there = on_file(debtor, contacts)
    found = rules.way(debtor.preferred_channel, there.contacts, stopped(debtor_id))
    if found.channel is None:
        return Goes(why_not=found.why_not)
    return Goes(there.contacts[found.channel], SENT_BY[found.channel])


def way_of_letters(debtor_id: int, asked_for: bool) -> tuple[ContactPoint, str] | None:
    """Where a letter to this customer goes, and by which channel of portal.messages (portal.debtors.letters)."""
    if not asked_for:
        goes = where_to(debtor_id)
        return (goes.contact, goes.channel) if goes.contact is not None else None
    debtor = db.session().get_one(Debtor, debtor_id)
    there = on_file(debtor, debtors.contacts(debtor_id)).contacts
    channel = rules.way_of_answer(debtor.preferred_channel, there, stopped(debtor_id))
    return (there[channel], SENT_BY[channel]) if channel is not None else None


def texts_are_sent() -> bool:
    """Whether this installation can send text messages at all."""
    return bool(installation.settings().sms.url)


def courtesy_stops(debtor_id: int) -> dict[int, CourtesyStop]:
    """At which addresses the customer wants no courtesy messages, by contact point (portal.messages.courtesy)."""
    mine = CourtesyStop.debtor_id == debtor_id, CourtesyStop.kind == courtesy.CARING
    found = select(CourtesyStop).where(*mine, CourtesyStop.resumed_at.is_(None))
    return {row.contact_point_id: row for row in db.session().scalars(found)}


def why_not_send(message: Message) -> str | None:
    """Asked at the moment of sending: what nobody asked for goes by no channel that its reader has stopped."""
    channel = rules.OF_MESSAGE.get(message.channel)
    if message.asked_for or channel is None or not is_stopped(message.debtor_id, channel):
        return None
    return str(HELD_BACK)
