"""What happened to a payment attempt. Amounts in minor units; `item_ids` are due items."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("payment.created", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentCreated(Event):
    attempt_id: int
    method: str
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...]


@event("payment.redirected", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentRedirected(Event):
    attempt_id: int


@event("payment.processing", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class PaymentProcessing(Event):
    attempt_id: int
    method: str
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...]


@event("payment.succeeded", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(Event):
    attempt_id: int
    method: str
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...]
    excess_minor: int = 0  # what came in beyond what was open: kept as unallocated credit


@event("payment.failed", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Event):
    attempt_id: int
    method: str
    amount_minor: int
    currency: str
    why: str


@event("payment.expired", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentExpired(Event):
    attempt_id: int


@event("payment.cancelled", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentCancelled(Event):
    attempt_id: int


@event("transfer.announced", about="notice", public=True)
@dataclass(frozen=True, kw_only=True)
class TransferAnnounced(Event):
    notice_id: int
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...]
    until: date


@event("payment_method.configured", about="account")
@dataclass(frozen=True, kw_only=True)
class MethodConfigured(Event):
    """A creditor's account with a method was changed, switched on or off; never what its secrets are."""

    account_id: int
    method: str
    enabled: bool
