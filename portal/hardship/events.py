"""That a rest began and ended; never public, and never with what would help (rule C-26)."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("rest.begun", about="rest")
@dataclass(frozen=True, kw_only=True)
class RestBegun(Event):
    rest_id: int
    ends_at: datetime


@event("rest.prolonged", about="rest")
@dataclass(frozen=True, kw_only=True)
class RestProlonged(Event):
    rest_id: int
    ends_at: datetime


@event("rest.ended", about="rest")
@dataclass(frozen=True, kw_only=True)
class RestEnded(Event):
    """`why` is an outcome of the case, or `wanted` by the customer."""

    rest_id: int
    why: str
