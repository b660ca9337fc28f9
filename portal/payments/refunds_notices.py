"""Mails to the debtor about money that goes back, or did not get through; never how much, nor for what (C-21)."""

from datetime import timedelta

from portal.core import clock
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.messages import actions as messages
from portal.payments import books, queries, refundable
from portal.payments.events import RefundFailed, RefundSent

SENT, FAILED = "payment_refund", "payment_refund_failed"
LINK_DAYS = timedelta(days=30)


def tell_sent(event: RefundSent, _event_id: int) -> None:
    """It is on its way. Where another feature asked for the refund, that one tells."""
    if event.source_kind is None:
        _tell(SENT, event.debtor_id)


def tell_failed(event: RefundFailed, _event_id: int) -> None:
    """It did not get through, and they had been told that it was on its way. Of a payment that their bank took back
    there is nothing to keep for them."""
    refund, attempt = refundable.one(event.refund_id), queries.attempt(event.attempt_id)
    gone = attempt is not None and books.has_bounced(attempt)
    if event.source_kind is None and refund is not None and refund.provider_id is not None and not gone:
        _tell(FAILED, event.debtor_id)


def _tell(key: str, debtor_id: int | None) -> None:
    """Plans the mail to the address on file; who has none sees it on the page."""
    contact = debtors.mail_contact(debtor_id) if debtor_id is not None else None
    debtor = debtors.debtor(debtor_id) if debtor_id is not None else None
    if contact is None or debtor is None:
        return
    link = links.issue(
        debtor.id,
        purpose=links.PORTAL,
        campaign=key,
        expires_at=clock.now() + LINK_DAYS,
        contact_point_id=contact.id,
    )
    messages.plan(
        key,
        debtor_id=debtor.id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )
