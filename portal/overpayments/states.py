"""What becomes of money that was paid too much: kept and used, or given back with four eyes (rule B-10)."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.overpayments import events as e


class OverpaymentStatus(Status):
    OPEN = "open", t("to decide")
    KEPT = "kept", t("kept for what comes next")
    APPLIED = "applied", t("used")
    REFUND_REQUESTED = "refund_requested", t("being given back")
    REFUNDED = "refunded", t("given back")
    WITHDRAWN = "withdrawn", t("gone with its payment")


S = OverpaymentStatus
UNDECIDED = (S.OPEN, S.KEPT)  # the debtor may still say what to do with it
MACHINE = Machine(
    "overpayment",
    S,
    begins={S.OPEN: e.OverpaymentOpened},
    edges={
        (S.OPEN, S.KEPT): e.OverpaymentKept,
        (S.KEPT, S.OPEN): e.OverpaymentReopened,
        (S.KEPT, S.APPLIED): e.OverpaymentApplied,
        (S.OPEN, S.APPLIED): e.OverpaymentApplied,  # its own document is open again, and needs it
        (S.OPEN, S.REFUND_REQUESTED): e.OverpaymentRefundRequested,
        (S.REFUND_REQUESTED, S.REFUNDED): e.OverpaymentRefunded,
        (S.REFUND_REQUESTED, S.OPEN): e.OverpaymentRefundFailed,
        # The payer's bank sent it back; or more of its payment is too much now.
        (S.REFUNDED, S.OPEN): (e.OverpaymentRefundFailed, e.OverpaymentReopened),
        (S.OPEN, S.WITHDRAWN): e.OverpaymentWithdrawn,
        (S.KEPT, S.WITHDRAWN): e.OverpaymentWithdrawn,
        (S.REFUND_REQUESTED, S.WITHDRAWN): e.OverpaymentWithdrawn,
        (S.APPLIED, S.WITHDRAWN): e.OverpaymentWithdrawn,  # what it was used for is open again
        (S.WITHDRAWN, S.OPEN): e.OverpaymentReopened,  # what took it back was undone
        (S.APPLIED, S.OPEN): e.OverpaymentReopened,
    },
)
