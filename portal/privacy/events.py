"""What happened to personal data: taken out, erased, forgotten when its time was over. Ids and counts only."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("person.exported", about="debtor")
@dataclass(frozen=True, kw_only=True)
class PersonExported(Event):
    """Everything that is held about one customer was taken out, for them."""


@event("erasure.requested", about="erasure")
@dataclass(frozen=True, kw_only=True)
class ErasureRequested(Event):
    erasure_id: int
    what: str
    why: str


@event("erasure.approved", about="erasure")
@dataclass(frozen=True, kw_only=True)
class ErasureApproved(Event):
    erasure_id: int


@event("erasure.declined", about="erasure")
@dataclass(frozen=True, kw_only=True)
class ErasureDeclined(Event):
    erasure_id: int


@event("erasure.held_back", about="erasure")
@dataclass(frozen=True, kw_only=True)
class ErasureHeldBack(Event):
    """Agreed to, and yet not done: something was open when its turn came."""

    erasure_id: int


@event("erasure.done", about="erasure")
@dataclass(frozen=True, kw_only=True)
class ErasureDone(Event):
    erasure_id: int
    rows: int
    files: int


@event("retention.forgotten", about="")
@dataclass(frozen=True, kw_only=True)
class Forgotten(Event):
    """So many rows of one kind went because their time was over, in the transaction that this was written in."""

    kind: str
    rows: int


@event("retention.ran", about="")
@dataclass(frozen=True, kw_only=True)
class RetentionRan(Event):
    """The daily run came to its end; `rows` is what went in it."""

    rows: int
