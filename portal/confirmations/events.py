"""What a debtor said about receiving an invoice. The words they wrote stay in the row, not in the event."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("receipt.confirmed", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class ReceiptConfirmed(Event):
    invoice_id: int
    answer_id: int
    will_pay_on: date | None = None


@event("receipt.sdi_delivered", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class ReceiptDeliveredBySdi(Event):
    """The SdI says that it delivered the e-invoice (RC); the customer has said nothing yet (rule C-60)."""

    invoice_id: int


@event("receipt.problem_reported", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class ReceiptProblemReported(Event):
    invoice_id: int
    answer_id: int
    category: str


@event("receipt.denied", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class ReceiptDenied(Event):
    invoice_id: int
    answer_id: int
    address_corrected: bool
