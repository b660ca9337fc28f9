"""A payment attempt's life (D.1): the provider's truth wins by the loud door, `MACHINE.correct`."""

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


S = AttemptStatus
OPEN = (S.CREATED, S.REDIRECTED, S.PROCESSING)  # these reserve their due items (decision 25)
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
    },
)
