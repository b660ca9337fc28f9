"""What happened to money that was paid too much. Amounts in minor units."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _About(Event):
    overpayment_id: int
    amount_minor: int
    currency: str


@event("overpayment.opened", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentOpened(_About):
    """More came in than was open; given back by `refund_due_on` unless it is kept.

    `came_by` is card, bank, credit_notes (more than was open on the invoice), interest or costs (not due after all).
    """

    came_by: str
    refund_due_on: date


@event("overpayment.wished", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentWished(_About):
    """The debtor said what to do with it: keep or give_back."""

    wish: str


@event("overpayment.kept", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentKept(_About):
    """It is kept for what is due next. `by_policy`: nobody asked for anything in time."""

    by_policy: bool = False


@event("overpayment.reopened", about="overpayment")
@dataclass(frozen=True, kw_only=True)
class OverpaymentReopened(_About):
    """It is to be decided once more: not kept after all, or there again."""


@event("overpayment.used", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentUsed(_About):
    """`amount_minor` of it went to a due item; more of it is left."""

    item_id: int


@event("overpayment.applied", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentApplied(_About):
    """All of it has been used for due items."""


@event("overpayment.refund_requested", about="overpayment")
@dataclass(frozen=True, kw_only=True)
class OverpaymentRefundRequested(_About):
    """A colleague wants it given back; another one has to agree."""

    came_by: str


@event("overpayment.refunded", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentRefunded(_About):
    """It was given back."""

    came_by: str
    returned_on: date


@event("overpayment.refund_failed", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentRefundFailed(_About):
    """Giving back did not work, or a colleague did not agree: it is open again."""

    why: str


@event("overpayment.return_seen", about="overpayment")
@dataclass(frozen=True, kw_only=True)
class OverpaymentReturnSeen(_About):
    """The bank's statement, or a colleague who looked there, shows the transfer by which it went back."""

    day: date


@event("overpayment.withdrawn", about="overpayment", public=True)
@dataclass(frozen=True, kw_only=True)
class OverpaymentWithdrawn(_About):
    """What brought it was taken back or paid back: nothing of it is left."""
