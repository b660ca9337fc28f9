"""What happened to "I have already paid". The bank's number and the customer's words stay in the rows."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _About(Event):
    claim_id: int
    item_ids: tuple[int, ...]


@event("already_paid.claimed", about="claim", public=True)
@dataclass(frozen=True, kw_only=True)
class AlreadyPaidClaimed(_About):
    """The customer says that these due items are paid; nobody reminds them until `until`."""

    paid_on: date
    until: date


@event("already_paid.asked", about="claim")
@dataclass(frozen=True, kw_only=True)
class AlreadyPaidAsked(_About):
    """The days ran out: the customer was asked to look at date and reference once more."""


@event("already_paid.corrected", about="claim")
@dataclass(frozen=True, kw_only=True)
class AlreadyPaidCorrected(_About):
    """The customer looked at date and reference once more: the search goes on until `until`."""

    paid_on: date
    until: date


@event("already_paid.resolved", about="claim", public=True)
@dataclass(frozen=True, kw_only=True)
class AlreadyPaidResolved(_About):
    """`outcome` is found, not_found, or otherwise: nothing is open any more, and it was not their money."""

    outcome: str
