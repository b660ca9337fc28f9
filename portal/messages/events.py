"""What happened to a message. Only `message.sent` and `message.failed` leave the house."""

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
