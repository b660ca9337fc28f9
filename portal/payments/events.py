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


@event("payment.missing", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentMissing(Event):
    """The provider says that there is no such payment, although it had given us its number: a person has to look."""

    attempt_id: int
    method: str
    amount_minor: int
    currency: str


@event("payment.given_up", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentGivenUp(Event):
    """A person looked for a missing payment, and nothing had been paid: it ends here."""

    attempt_id: int


@event("payment.stands", about="attempt")
@dataclass(frozen=True, kw_only=True)
class PaymentStands(Event):
    """Money that had arrived stands otherwise now; `refunded_minor` of `amount_minor` went back."""

    attempt_id: int
    standing: str
    amount_minor: int
    refunded_minor: int
    currency: str


@event("payment.bounced", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class PaymentBounced(Event):
    """A bank debit that had arrived was taken back by the payer's bank; `item_ids` are open again."""

    attempt_id: int
    method: str
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class _OfRefund(Event):
    """`source_kind` and `source_id` are what the refund was asked for, where another feature asked for it."""

    attempt_id: int
    refund_id: int
    amount_minor: int
    currency: str
    source_kind: str | None = None
    source_id: int | None = None


@event("payment.refund_requested", about="attempt")
@dataclass(frozen=True, kw_only=True)
class RefundRequested(_OfRefund):
    """Somebody wants to pay back; a second person decides."""


@event("payment.refund_approved", about="attempt")
@dataclass(frozen=True, kw_only=True)
class RefundApproved(_OfRefund):
    """A second person agreed; `item_ids` are open again."""

    item_ids: tuple[int, ...] = ()


@event("payment.refund_declined", about="attempt")
@dataclass(frozen=True, kw_only=True)
class RefundDeclined(_OfRefund):
    """A second person said no; nothing was touched."""


@event("payment.refund_sent", about="attempt")
@dataclass(frozen=True, kw_only=True)
class RefundSent(_OfRefund):
    """The provider took it on; `elsewhere`: it was made there by hand. `item_ids` are open again."""

    elsewhere: bool = False
    item_ids: tuple[int, ...] = ()


@event("payment.refunded", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(_OfRefund):
    """The money went back. `item_ids` are the due items that it had settled."""

    item_ids: tuple[int, ...] = ()


@event("payment.refund_failed", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class RefundFailed(_OfRefund):
    """The money is with the creditor still or again, and counts as the payment it was."""

    why: str = "unknown"


@event("payment.refund_cancelled", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class RefundCancelled(_OfRefund):
    """Stopped at the provider before it arrived; the money counts as the payment it was."""


@dataclass(frozen=True, kw_only=True)
class _OfDispute(Event):
    attempt_id: int
    dispute_id: int
    amount_minor: int
    currency: str
    item_ids: tuple[int, ...]


@event("payment.disputed", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class PaymentDisputed(_OfDispute):
    """The cardholder or their bank contests the payment; nobody chases its due items meanwhile (rule B-13)."""

    why: str
    answer_by: date | None = None


@event("payment.dispute_won", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeWon(_OfDispute):
    """The payment counts; the money is back."""


@event("payment.dispute_lost", about="attempt", public=True)
@dataclass(frozen=True, kw_only=True)
class DisputeLost(_OfDispute):
    """The money is gone: what it had settled is open again, and rests until a person decides."""


@event("payment.evidence_taken", about="attempt")
@dataclass(frozen=True, kw_only=True)
class EvidenceTaken(Event):
    """What is known of a contested payment left as a file, for the bank."""

    attempt_id: int


@event("balance.differs", about="check", public=True)
@dataclass(frozen=True, kw_only=True)
class BalanceDiffers(Event):
    """The provider's movements of a day and our books differ, to the cent (rule B-07)."""

    check_id: int
    method: str
    day: date
    provider_minor: int
    ledger_minor: int
    difference_minor: int
    currency: str


@event("balance.agrees", about="check")
@dataclass(frozen=True, kw_only=True)
class BalanceAgrees(Event):
    check_id: int
    method: str
    day: date
    currency: str


@dataclass(frozen=True, kw_only=True)
class _OfSaved(Event):
    saved_method_id: int
    source_kind: str
    source_id: int
    kind: str


@event("saved_method.asked", about="saved_method")
@dataclass(frozen=True, kw_only=True)
class SavingAsked(_OfSaved):
    """The customer confirmed a mandate with a code; nothing is saved yet."""

    mandate_sha256: str
    step_up_id: int


@event("saved_method.saved", about="saved_method")
@dataclass(frozen=True, kw_only=True)
class MethodSaved(_OfSaved):
    """It is saved at the provider, and may be charged as the mandate says."""


@event("saved_method.stopped", about="saved_method")
@dataclass(frozen=True, kw_only=True)
class SavedMethodStopped(_OfSaved):
    """Nothing is charged to it any more: the customer said so, or what it was for is over."""


@event("saved_method.failed", about="saved_method")
@dataclass(frozen=True, kw_only=True)
class SavedMethodFailed(_OfSaved):
    """The bank said no for good: nothing is charged to it any more."""

    why: str
