"""Mails to the debtor about money that goes back, or did not get through; never how much, nor for what (C-21)."""

from portal.debtors import letters
from portal.payments import books, queries, refundable
from portal.payments.events import RefundFailed, RefundSent

SENT, FAILED = "payment_refund", "payment_refund_failed"


def tell_sent(event: RefundSent, _event_id: int) -> None:
    """It is on its way. Where another feature asked for the refund, that one tells."""
    if event.source_kind is None:
        letters.tell(SENT, event.debtor_id)


def tell_failed(event: RefundFailed, _event_id: int) -> None:
    """It did not get through, and they had been told that it was on its way. Of a payment that their bank took back
    there is nothing to keep for them."""
    refund, attempt = refundable.one(event.refund_id), queries.attempt(event.attempt_id)
    gone = attempt is not None and books.has_bounced(attempt)
    if event.source_kind is None and refund is not None and refund.provider_id is not None and not gone:
        letters.tell(FAILED, event.debtor_id)
