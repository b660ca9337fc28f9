"""What is known about receipt: three equal answers, each of which a later one may change (decision 22).

Before any answer the SdI may have said that it delivered the e-invoice; who answers knows better (rule C-60).
"""

from portal.confirmations.events import (
    ReceiptConfirmed,
    ReceiptDeliveredBySdi,
    ReceiptDenied,
    ReceiptProblemReported,
)
from portal.core.events import Event
from portal.core.states import Machine, Status
from portal.core.text import t


class ReceiptStatus(Status):
    SDI_DELIVERED = "sdi_delivered", t("delivered by the SdI, no answer yet")
    CONFIRMED = "confirmed", t("received, all fine")
    PROBLEM = "problem", t("received, something is wrong")
    DENIED = "denied", t("not received")


S = ReceiptStatus
_BY: dict[Status, type[Event]] = {
    S.CONFIRMED: ReceiptConfirmed,
    S.PROBLEM: ReceiptProblemReported,
    S.DENIED: ReceiptDenied,
}
MACHINE = Machine(
    "receipt",
    S,
    begins={S.SDI_DELIVERED: ReceiptDeliveredBySdi, **_BY},
    edges={(old, new): event for old in S for new, event in _BY.items()},
)
