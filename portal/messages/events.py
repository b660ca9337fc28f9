"""What happened to a message, and what its reader wished of its kind."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("message.planned", about="message")
@dataclass(frozen=True, kw_only=True)
class MessagePlanned(Event):
    message_id: int
    key: str
    channel: str


@event("message.sending", about="message")
@dataclass(frozen=True, kw_only=True)
class MessageSending(Event):
    message_id: int


@event("message.sent", about="message", public=True)
@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    message_id: int
    key: str
    channel: str
    sha256: str


@event("message.failed", about="message", public=True)
@dataclass(frozen=True, kw_only=True)
class MessageFailed(Event):
    message_id: int
    key: str
    channel: str
    why: str


@event("message.suppressed", about="message")
@dataclass(frozen=True, kw_only=True)
class MessageSuppressed(Event):
    message_id: int
    why: str


@event("message.bounced", about="message")
@dataclass(frozen=True, kw_only=True)
class MessageBounced(Event):
    """The address takes no mail, ever (rule C-51); said beside `message.failed`."""

    message_id: int
    contact_id: int


@event("message.delivered", about="message", public=True)
@dataclass(frozen=True, kw_only=True)
class MessageDelivered(Event):
    """The network confirms that it arrived; not that anybody read it."""

    message_id: int
    key: str
    channel: str
    source: str


@event("message.undelivered", about="message", public=True)
@dataclass(frozen=True, kw_only=True)
class MessageUndelivered(Event):
    """It had left, and did not arrive; `kind` is failed (this one) or bounced (nothing ever will)."""

    message_id: int
    key: str
    channel: str
    source: str
    kind: str


@event("message.complained", about="message", public=True)
@dataclass(frozen=True, kw_only=True)
class MessageComplained(Event):
    """Its reader called it unwanted: nothing goes there any more that they did not ask for (rule C-51)."""

    message_id: int
    key: str
    channel: str
    source: str


@event("courtesy.stopped", about="contact", public=True)
@dataclass(frozen=True, kw_only=True)
class CourtesyStopped(Event):
    """The reader wants no more messages of this kind at this address (rule A-36)."""

    contact_id: int
    kind: str


@event("courtesy.resumed", about="contact", public=True)
@dataclass(frozen=True, kw_only=True)
class CourtesyResumed(Event):
    contact_id: int
    kind: str
