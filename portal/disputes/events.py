"""What happens to a dispute. The words of both sides stand in the case, never in an event."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("dispute.raised", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeRaised(Event):
    """`kind` is technical or administrative, `extent` whole, amount or lines; `item_ids` are what it holds."""

    dispute_id: int
    invoice_id: int
    kind: str
    why: str
    extent: str
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...] = ()
    act_by: datetime | None = None


@event("dispute.info_requested", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeInfoRequested(Event):
    """One of the creditor's people wrote: the customer acts next."""

    dispute_id: int
    invoice_id: int


@event("dispute.answered", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeAnswered(Event):
    """The customer wrote, or added evidence: the creditor's people act next."""

    dispute_id: int
    invoice_id: int


@event("dispute.closed", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeClosed(Event):
    """`outcome` is upheld, partially_upheld or rejected; `credit` says who posts it: here, or the creditor's system.

    `upheld_minor` is what was right about it, `credited_minor` what was booked here for it.
    """

    dispute_id: int
    invoice_id: int
    outcome: str
    currency: str
    upheld_minor: int | None = None
    credited_minor: int | None = None
    credit: str | None = None


@event("dispute.reopened", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeReopened(Event):
    dispute_id: int
    invoice_id: int
    amount_minor: int
    currency: str


@event("dispute.withdrawn", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeWithdrawn(Event):
    """The customer took it back."""

    dispute_id: int
    invoice_id: int


@event("dispute.overtaken", about="dispute", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeOvertaken(Event):
    """The creditor took the invoice back: nothing is left to contest."""

    dispute_id: int
    invoice_id: int


@event("dispute.reasons_changed", about="")
@dataclass(frozen=True, kw_only=True)
class ReasonsChanged(Event):
    """What customers may choose from, or where it lands."""

    fields: tuple[str, ...]
