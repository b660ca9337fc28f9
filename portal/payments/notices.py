"""After a payment: a mail that leads to its receipt, and says neither how much nor what for."""

from datetime import timedelta

from portal.core import clock
from portal.debtors import links, queries
from portal.messages import actions as messages
from portal.payments.events import PaymentSucceeded

RECEIPT_DAYS = timedelta(days=30)


def send_receipt(happened: PaymentSucceeded, _event_id: int) -> None:
    """Plans the mail to the address on file; who has none sees the receipt on the page."""
    debtor_id = happened.debtor_id
    contact = queries.mail_contact(debtor_id) if debtor_id is not None else None
    debtor = queries.debtor(debtor_id) if debtor_id is not None else None
    if contact is None or debtor is None:
        return
    link = links.issue(
        debtor.id,
        purpose=links.PORTAL,
        campaign="payment_receipt",
        expires_at=clock.now() + RECEIPT_DAYS,
        contact_point_id=contact.id,
    )
    messages.plan(
        "payment_receipt",
        debtor_id=debtor.id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )
