"""What became of a message that did not arrive."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("undelivered.sent_instead", about="message")
@dataclass(frozen=True, kw_only=True)
class SentInstead(Event):
    """Its words go by another channel, as the message `instead_id`."""

    message_id: int
    instead_id: int
    channel: str


@event("undelivered.left", about="message")
@dataclass(frozen=True, kw_only=True)
class LeftToStaff(Event):
    """No other way leads to its reader: a colleague asks for one."""

    message_id: int
    case_id: int
