"""Planning a message, and what is written down as it goes out. Sending itself is `portal.messages.jobs`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, events, ids, outbox
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.messages import courtesy
from portal.messages import events as happened
from portal.messages.models import Message
from portal.messages.rules import LETTER
from portal.messages.states import MACHINE, MessageStatus

EMAIL = "email"
BY_HAND = frozenset({LETTER})  # what a person carries away: nothing here sends it, whoever plans it sees to it
SEND = "messages.send"

# Asked again at the moment of sending: each says why this message must not go, or None (decision 16).
# From portal.features, one per feature.
Predicate = Callable[[Message], str | None]
why_not_send: list[Predicate] = []

# Asked at the same moment: when this message may leave at the earliest, or None for any time (rule C-10).
EarliestMoment = Callable[[Message], datetime | None]
not_before: list[EarliestMoment] = []


def plan(
    key: str,
    *,
    debtor_id: int,
    to_address: str,
    language: str,
    contact_point_id: int | None = None,
    link_id: int | None = None,
    asked_for: bool = False,
    channel: str = EMAIL,
    params: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Message:
    """A message to be sent (at `at`, else now). `key` names its folder under templates/messages/.

    `asked_for`: the debtor's own act asks for it (code, receipt, copy, answer, new link), so it is outside
    contact windows and caps (decision 10). `params` are JSON values for its template, without secrets.
    A letter is planned and never sent from here: portal.postal prints it.
    """
    message = Message(
        id=ids.new_id(),
        debtor_id=debtor_id,
        key=key,
        asked_for=asked_for,
        channel=channel,
        language=language,
        contact_point_id=contact_point_id,
        to_address=to_address,
        link_id=link_id,
        params=params or {},
        planned_at=at or clock.now(),
    )
    MACHINE.begin(
        message,
        MessageStatus.PLANNED,
        happened.MessagePlanned(message_id=message.id, debtor_id=debtor_id, key=key, channel=channel),
    )
    db.session().add(message)
    db.session().flush()
    if channel not in BY_HAND:
        outbox.put(SEND, message.id, due_at=at)
    return message


def put_off(message: Message) -> datetime | None:
    """Sends it later when it may not leave at this hour, and says when; None when it may leave now."""
    moments = [moment for ask in not_before if (moment := ask(message)) is not None]
    at = max(moments, default=None)
    if at is None or at <= clock.now():
        return None
    outbox.put(SEND, message.id, due_at=at)
    return at


def why_not(message: Message) -> str | None:
    """Why this message must not go to its reader now; None when nobody objects."""
    said = (predicate(message) for predicate in (courtesy.why_not_send, *why_not_send))
    return next((why for why in said if why is not None), None)


def begin_sending(message: Message) -> str | None:
    """Marks the message as being sent, or holds it back and says why."""
    why = why_not(message)
    if why is not None:
        _suppress(message, why)
        return why
    MACHINE.move(
        message,
        MessageStatus.SENDING,
        happened.MessageSending(message_id=message.id, debtor_id=message.debtor_id),
    )
    return None


def hold_back_waiting(debtor_id: int) -> int:
    """Of what waits to leave to this customer, what somebody objects to now is held back at once; how many.

    Sending would find the same: this is so that everybody sees it now, and not only at the hour of sending.
    """
    waiting = select(Message).where(Message.debtor_id == debtor_id, Message.status == MessageStatus.PLANNED)
    held = 0
    for message in db.session().scalars(waiting.order_by(Message.id).with_for_update()).all():
        why = why_not(message)
        if why is not None:
            _suppress(message, why)
            held += 1
    db.session().flush()
    return held


def hold_back(message: Message, why: str) -> None:
    """Keeps a message that has not left, for good; raises NotAllowedNow once it has."""
    _suppress(message, why)


def _suppress(message: Message, why: str) -> None:
    message.why = why
    MACHINE.move(
        message,
        MessageStatus.SUPPRESSED,
        happened.MessageSuppressed(message_id=message.id, debtor_id=message.debtor_id, why=why),
    )


@dataclass(frozen=True, slots=True)
class AsSent:
    """What left, with the link as `{link:<id>}` (decision 3), and the hash of the very bytes."""

    subject: str
    text_body: str
    html_body: str
    sha256: str
    own_text_id: int | None = None
    wording: str | None = None


def keep_words(message: Message, said: AsSent) -> None:
    """What a letter says, kept as it is printed: it leaves later, by hand."""
    message.subject, message.text_body, message.html_body = said.subject, said.text_body, said.html_body
    message.sha256, message.own_text_id, message.wording = said.sha256, said.own_text_id, said.wording


def as_kept(message: Message) -> AsSent:
    """The words that were kept with `keep_words`, to be marked as sent."""
    return AsSent(
        message.subject or "", message.text_body or "", message.html_body or "", message.sha256 or "",
        message.own_text_id, message.wording,
    )  # fmt: skip


def mark_sent(message: Message, sent: AsSent) -> None:
    message.subject, message.text_body, message.html_body = sent.subject, sent.text_body, sent.html_body
    message.sha256, message.sent_at, message.why = sent.sha256, clock.now(), None
    message.own_text_id, message.wording = sent.own_text_id, sent.wording
    MACHINE.move(
        message,
        MessageStatus.SENT,
        happened.MessageSent(
            message_id=message.id,
            debtor_id=message.debtor_id,
            key=message.key,
            channel=message.channel,
            sha256=sent.sha256,
        ),
    )


def mark_failed(message: Message, why: str) -> None:
    """The message did not leave, for good: failed is not sent (pain 14)."""
    message.why = why
    MACHINE.move(
        message,
        MessageStatus.FAILED,
        happened.MessageFailed(
            message_id=message.id,
            debtor_id=message.debtor_id,
            key=message.key,
            channel=message.channel,
            why=why,
        ),
    )


def mark_bounced(message: Message, why: str) -> None:
    """The message did not leave, and nothing ever will to this address (rule C-51)."""
    mark_failed(message, why)
    if message.contact_point_id is not None:
        events.record(
            happened.MessageBounced(
                message_id=message.id, debtor_id=message.debtor_id, contact_id=message.contact_point_id
            )
        )


def send_again(message: Message) -> None:
    """Staff send a failed message once more; raises NotAllowedNow where it would only be held back."""
    why = why_not(message)
    if why is not None:
        raise NotAllowedNow(t("It cannot be sent: %(why)s.", why=Text(why)))
    message.why = None
    MACHINE.move(
        message,
        MessageStatus.PLANNED,
        happened.MessagePlanned(
            message_id=message.id, debtor_id=message.debtor_id, key=message.key, channel=message.channel
        ),
    )
    outbox.put(SEND, message.id)
