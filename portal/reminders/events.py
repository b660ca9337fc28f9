"""What happened to a cadence: another version, a pause begun or ended. What is said stands with the messages."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("cadence.changed", about="cadence_policy")
@dataclass(frozen=True, kw_only=True)
class CadenceChanged(Event):
    """Another version is in force from now on."""

    cadence_policy_id: int
    number: int


@event("cadence.paused", about="cadence_pause")
@dataclass(frozen=True, kw_only=True)
class CadencePaused(Event):
    """Nothing is planned until `until` (the last day; none: until it is ended), for everybody or one customer."""

    cadence_pause_id: int
    until: date | None


@event("cadence.resumed", about="cadence_pause")
@dataclass(frozen=True, kw_only=True)
class CadenceResumed(Event):
    cadence_pause_id: int
