"""A call was booked or moved, called off, made or missed."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("call.booked", about="call", public=True)
@dataclass(frozen=True, kw_only=True)
class CallBooked(Event):
    """Booked, or moved to another moment."""

    call_id: int
    starts_at: datetime


@event("call.called_off", about="call", public=True)
@dataclass(frozen=True, kw_only=True)
class CallCalledOff(Event):
    """`by` is customer or staff."""

    call_id: int
    by: str


@event("call.made", about="call", public=True)
@dataclass(frozen=True, kw_only=True)
class CallMade(Event):
    call_id: int
    reached: bool
