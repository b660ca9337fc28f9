"""What left the house: webhooks to the creditors' systems, mails to their debtors."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.core import events, ids
from portal.doubles.mailbox.mails import Mail
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.reminders.models import Touch
from portal.simulator.invariants import EVENTUALLY, invariant
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World
from portal.webhooks import payloads

_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*<([0-9a-z]{13})@")
_ROME = ZoneInfo("Europe/Rome")
_HOLIDAYS = {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (10, 4), (11, 1), (12, 8), (12, 25), (12, 26)}
_EASTER_MONDAYS = {date(2026, 4, 6), date(2027, 3, 29), date(2028, 4, 17)}
_DEBT = ("debit", "insolut", "moros", "sollecit", "scadut", "recuper", "ingiunzion", "debt", "overdue", "€", "EUR")


@invariant()
def systems_hear_their_own(world: World) -> Iterator[str]:
    """A creditor's system is told of that creditor's public events alone, each id with one body, all believed."""
    for picture in pictures(world):
        erp = world.erps[picture.house.erp_url]
        own = {payloads.webhook_id(row.id) for row in picture.history if events.EVENTS[row.name].public}
        for event in erp.deliveries.events():
            if event.id not in own or event.other_bodies:
                yield f"{picture.house.slug}: {event.id} {event.type} is not its own, or came with another body"
        for refusal in erp.deliveries.refusals():
            yield f"{picture.house.slug}: a delivery was not believed: {refusal.reason}"


@invariant(EVENTUALLY)
def systems_have_every_public_event(world: World) -> Iterator[str]:
    """In the end the creditor's system has every public event, once by its id (D-20, D-40.9)."""
    for picture in pictures(world):
        own = {payloads.webhook_id(row.id) for row in picture.history if events.EVENTS[row.name].public}
        has = {event.id for event in world.erps[picture.house.erp_url].deliveries.events()}
        if own != has:
            yield f"{picture.house.slug}: {len(own - has)} events never came, {len(has - own)} are none"


@invariant()
def sent_is_a_fact(world: World) -> Iterator[str]:
    """A message that is called sent lies in its reader's mailbox (pain 14)."""
    arrived = {message_of(mail) for mail in world.mail.store.all()}
    for picture in pictures(world):
        for message in picture.of(Message):
            if message.status is MessageStatus.SENT and message.id not in arrived:
                yield f"{picture.house.slug}: message {message.id} {message.key} is called sent and never came"


def message_of(mail: Mail) -> int | None:
    """The message that a mail is, by its Message-ID."""
    found = _MESSAGE_ID.search(mail.raw)
    return ids.read(found[1].decode()) if found else None


def new_mails(world: World, who: str) -> list[Mail]:
    """Mails that came since `who` asked last."""
    mails, at = world.mail.store.all(), world.seen.get(("mails", who), 0)
    world.seen["mails", who] = len(mails)
    return mails[at:]


@invariant()
def mails_say_nothing_to_bystanders(world: World) -> Iterator[str]:
    """The subject of a mail holds no word of debt, no amount and no invoice number (rule C-21)."""
    numbers = {one.number for one in world.billed}
    for mail in new_mails(world, "bystanders"):
        subject = mail.subject
        if any(word.lower() in subject.lower() for word in _DEBT) or any(number in subject for number in numbers):
            yield f"the subject says {subject!r}"


@invariant()
def ours_leave_in_lawful_hours_and_only_where_nothing_holds(world: World) -> Iterator[str]:
    """A message that nobody asked for leaves within lawful hours, about a due item that is open and held by nothing
    (rules C-10, C-13, D-40.4 and 5)."""
    for mail in new_mails(world, "hours"):
        message_id = message_of(mail)
        for picture in pictures(world):
            message = picture.by_id(Message).get(message_id or 0)
            if message is None or message.asked_for:
                continue
            why = _unlawful(mail.received_at) or _not_to_be_said(picture, message, mail.received_at)
            if why:
                yield f"{picture.house.slug}: message {message.id} {message.key} of {mail.received_at}: {why}"


def _unlawful(at: datetime) -> str | None:
    local = at.astimezone(_ROME)
    day, hour = local.date(), local.time()
    if day.weekday() == 6 or (day.month, day.day) in _HOLIDAYS or day in _EASTER_MONDAYS:
        return "on a holiday"
    closes = time(15) if day.weekday() == 5 else time(21)
    return None if time(8, 30) <= hour <= closes else "outside the hours"


def _not_to_be_said(picture: Picture, message: Any, at: datetime) -> str | None:
    """Why none of its due items was to be spoken of just before that moment; None where one was, or it names none."""
    touched = {row.due_item_id for row in picture.of(Touch) if row.message_id == message.id}
    why = [_silenced(picture, item_id, at - timedelta(microseconds=1)) for item_id in sorted(touched)]
    return why[0] if why and all(why) else None


def _silenced(picture: Picture, item_id: int, at: datetime) -> str | None:
    item = picture.by_id(DueItem)[item_id]
    withdrawn_at = picture.by_id(Invoice)[item.invoice_id].withdrawn_at
    if withdrawn_at is not None and withdrawn_at <= at:
        return "the invoice was withdrawn"
    signs = {accounts.RECEIVABLE: 1}
    owed = sum(
        row.amount_minor * (signs.get(row.debit, 0) - signs.get(row.credit, 0))
        for row in picture.of(Transfer)
        if row.receivable_id == item_id and row.posted_at <= at
    )
    if owed <= 0:
        return "nothing was open"
    for hold in picture.of(Hold):
        running = hold.since <= at and not _over(hold.until, at) and not _over(hold.ended_at, at)
        if hold.due_item_id == item_id and running:
            return f"it was held: {hold.reason}"
    return None


def _over(end: datetime | None, at: datetime) -> bool:
    return end is not None and end <= at + timedelta(microseconds=1)
