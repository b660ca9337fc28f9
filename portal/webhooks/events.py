"""What happened to an endpoint or a delivery. None of it is public: a webhook about webhooks never ends."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("endpoint.added", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class EndpointAdded(Event):
    endpoint_id: int


@event("endpoint.stopped", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class EndpointStopped(Event):
    endpoint_id: int
    why: str


@event("endpoint.resumed", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class EndpointResumed(Event):
    endpoint_id: int


@event("endpoint.tested", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class EndpointTested(Event):
    endpoint_id: int


@event("endpoint.chosen", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class EndpointChosen(Event):
    """What it hears of from now on; nothing in `kinds` is everything."""

    endpoint_id: int
    kinds: tuple[str, ...]


@event("endpoint.secret_rotated", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class SecretRotated(Event):
    endpoint_id: int
    old_until: datetime


@event("endpoint.old_secret_ended", about="endpoint")
@dataclass(frozen=True, kw_only=True)
class OldSecretEnded(Event):
    endpoint_id: int


@event("delivery.queued", about="delivery")
@dataclass(frozen=True, kw_only=True)
class DeliveryQueued(Event):
    delivery_id: int


@event("delivery.made", about="delivery")
@dataclass(frozen=True, kw_only=True)
class DeliveryMade(Event):
    delivery_id: int


@event("delivery.gave_up", about="delivery")
@dataclass(frozen=True, kw_only=True)
class DeliveryGaveUp(Event):
    delivery_id: int
    why: str


@event("delivery.replayed", about="delivery")
@dataclass(frozen=True, kw_only=True)
class DeliveryReplayed(Event):
    delivery_id: int
