"""The lives of payments, refunds, cardholders' disputes and comparisons (D.1).

The provider's truth wins by the loud door, `Machine.correct`.
"""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.payments import events as e


class AttemptStatus(Status):
    CREATED = "created", t("being prepared"), "open"
    REDIRECTED = "redirected", t("open at the payment page"), "open"
    PROCESSING = "processing", t("on its way")
    SUCCEEDED = "succeeded", t("paid")
    FAILED = "failed", t("did not go through")
    EXPIRED = "expired", t("lapsed")
    CANCELLED = "cancelled", t("cancelled")
    PARTIALLY_REFUNDED = "partially_refunded", t("paid, part of it paid back")
    REFUNDED = "refunded", t("paid back")
    DISPUTED = "disputed", t("contested by the cardholder"), "contested_by_cardholder"
    WON = "won", t("paid, the bank confirmed it")
    LOST = "lost", t("taken back by the bank")


S = AttemptStatus
OPEN = (S.CREATED, S.REDIRECTED, S.PROCESSING)  # these reserve their due items (decision 25)
# The money came in, whatever became of it afterwards.
ARRIVED = (S.SUCCEEDED, S.PARTIALLY_REFUNDED, S.REFUNDED, S.DISPUTED, S.WON, S.LOST)
MACHINE = Machine(
    "payment",
    S,
    begins={S.CREATED: e.PaymentCreated},
    edges={
        (S.CREATED, S.REDIRECTED): e.PaymentRedirected,
        (S.CREATED, S.FAILED): e.PaymentFailed,
        (S.CREATED, S.EXPIRED): e.PaymentExpired,
        (S.CREATED, S.CANCELLED): e.PaymentCancelled,
        (S.REDIRECTED, S.PROCESSING): e.PaymentProcessing,
        (S.REDIRECTED, S.SUCCEEDED): e.PaymentSucceeded,
        (S.REDIRECTED, S.FAILED): e.PaymentFailed,
        (S.REDIRECTED, S.EXPIRED): e.PaymentExpired,
        (S.REDIRECTED, S.CANCELLED): e.PaymentCancelled,
        (S.PROCESSING, S.SUCCEEDED): e.PaymentSucceeded,
        (S.PROCESSING, S.FAILED): e.PaymentFailed,
        # What became of money that had arrived: drawn from its refunds and disputes, never by hand.
        (S.SUCCEEDED, S.PARTIALLY_REFUNDED): e.PaymentStands,
        (S.SUCCEEDED, S.REFUNDED): e.PaymentStands,
        (S.SUCCEEDED, S.DISPUTED): e.PaymentStands,
        (S.SUCCEEDED, S.FAILED): e.PaymentBounced,
        (S.PARTIALLY_REFUNDED, S.REFUNDED): e.PaymentStands,
        (S.PARTIALLY_REFUNDED, S.DISPUTED): e.PaymentStands,
        (S.PARTIALLY_REFUNDED, S.SUCCEEDED): e.PaymentStands,  # its refund failed
        (S.REFUNDED, S.PARTIALLY_REFUNDED): e.PaymentStands,  # likewise
        (S.REFUNDED, S.SUCCEEDED): e.PaymentStands,
        (S.REFUNDED, S.WON): e.PaymentStands,
        (S.DISPUTED, S.WON): e.PaymentStands,
        (S.DISPUTED, S.LOST): e.PaymentStands,
        (S.WON, S.REFUNDED): e.PaymentStands,
        (S.WON, S.DISPUTED): e.PaymentStands,  # contested once more
        (S.LOST, S.DISPUTED): e.PaymentStands,  # another part of it
    },
)


class RefundStatus(Status):
    REQUESTED = "requested", t("waits for a second person")
    APPROVED = "approved", t("approved")
    DECLINED = "declined", t("not approved")
    PENDING = "pending", t("on its way back")
    SUCCEEDED = "succeeded", t("paid back")
    FAILED = "failed", t("did not get through")
    CANCELLED = "cancelled", t("cancelled")


R = RefundStatus
RESERVING = (R.REQUESTED, R.APPROVED, R.PENDING, R.SUCCEEDED)  # what these take nobody else may take (rule B-12)
GONE = (R.PENDING, R.SUCCEEDED)  # the provider has taken it from the creditor's balance
REFUNDS = Machine(
    "refund",
    R,
    begins={R.REQUESTED: e.RefundRequested, R.PENDING: e.RefundSent},  # pending: made at the provider by hand
    edges={
        (R.REQUESTED, R.APPROVED): e.RefundApproved,
        (R.REQUESTED, R.DECLINED): e.RefundDeclined,
        (R.APPROVED, R.PENDING): e.RefundSent,
        (R.APPROVED, R.FAILED): e.RefundFailed,
        (R.PENDING, R.SUCCEEDED): e.PaymentRefunded,
        (R.PENDING, R.FAILED): e.RefundFailed,
        (R.PENDING, R.CANCELLED): e.RefundCancelled,
        (R.SUCCEEDED, R.FAILED): e.RefundFailed,
        (R.SUCCEEDED, R.CANCELLED): e.RefundCancelled,
    },
)


class CardDisputeStatus(Status):
    OPEN = "open", t("open")
    WON = "won", t("won")
    LOST = "lost", t("lost")


D = CardDisputeStatus
DISPUTES = Machine(
    "card_dispute",
    D,
    begins={D.OPEN: e.PaymentDisputed},
    edges={(D.OPEN, D.WON): e.DisputeWon, (D.OPEN, D.LOST): e.DisputeLost},
)


class CheckStatus(Status):
    EQUAL = "equal", t("the same")
    DIFFERENT = "different", t("different")


C = CheckStatus
CHECKS = Machine(
    "balance_check",
    C,
    begins={C.EQUAL: e.BalanceAgrees, C.DIFFERENT: e.BalanceDiffers},
    edges={
        (C.EQUAL, C.DIFFERENT): e.BalanceDiffers,
        (C.DIFFERENT, C.DIFFERENT): e.BalanceDiffers,  # by another amount
        (C.DIFFERENT, C.EQUAL): e.BalanceAgrees,
    },
)


def stands(captured: int, refunded: int, disputes: list[CardDisputeStatus]) -> AttemptStatus:
    """Where money that arrived stands, from the facts alone, in whatever order they came (rule B-06).

    `captured` and `refunded` in minor units; a won dispute is as good as paid, so it shows only where nothing
    else does.
    """
    if D.OPEN in disputes:
        return S.DISPUTED
    if D.LOST in disputes:
        return S.LOST
    if refunded and refunded >= captured:
        return S.REFUNDED
    if D.WON in disputes:
        return S.WON
    return S.PARTIALLY_REFUNDED if refunded else S.SUCCEEDED


class SavedStatus(Status):
    ASKED = "asked", t("waits for the provider's page")
    ACTIVE = "active", t("in use")
    STOPPED = "stopped", t("stopped")
    FAILED = "failed", t("did not work any more")


V = SavedStatus
SAVED = Machine(
    "saved_method",
    V,
    begins={V.ASKED: e.SavingAsked},
    edges={
        (V.ASKED, V.ACTIVE): e.MethodSaved,
        (V.ASKED, V.STOPPED): e.SavedMethodStopped,
        (V.ACTIVE, V.STOPPED): e.SavedMethodStopped,
        (V.ACTIVE, V.FAILED): e.SavedMethodFailed,
    },
)
