"""What happened to an amount that brings deliveries back: ids and amounts in minor units, never somebody's words."""

from dataclasses import dataclass

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _About(Event):
    release_id: int
    least_minor: int
    currency: str


@event("release.decided", about="release", public=True)
@dataclass(frozen=True, kw_only=True)
class ReleaseDecided(_About):
    """Deliveries to the customer wait until so much is paid."""

    reason: str


@event("release.lifted", about="release", public=True)
@dataclass(frozen=True, kw_only=True)
class ReleaseLifted(_About):
    """It came, whatever the way, or nothing is open any more: deliveries can go on."""

    paid_minor: int


@event("release.withdrawn", about="release", public=True)
@dataclass(frozen=True, kw_only=True)
class ReleaseWithdrawn(_About):
    """A person decided that deliveries need not wait."""


@event("release.paid_back", about="release")
@dataclass(frozen=True, kw_only=True)
class ReleasePaidBack(_About):
    """Money that had lifted it went back: it stays lifted, and a person looks at it."""

    paid_minor: int
