"""What happened to a key. Its name is the creditor's own word and stands in no event."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("api_key.made", about="api_key")
@dataclass(frozen=True, kw_only=True)
class ApiKeyMade(Event):
    api_key_id: int
    permissions: tuple[str, ...]


@event("api_key.rotated", about="api_key")
@dataclass(frozen=True, kw_only=True)
class ApiKeyRotated(Event):
    api_key_id: int
    old_until: datetime


@event("api_key.old_ended", about="api_key")
@dataclass(frozen=True, kw_only=True)
class ApiKeyOldEnded(Event):
    api_key_id: int


@event("api_key.revoked", about="api_key")
@dataclass(frozen=True, kw_only=True)
class ApiKeyRevoked(Event):
    api_key_id: int
