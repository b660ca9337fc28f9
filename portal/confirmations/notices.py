""" "It has not reached me": the document goes out again, with a link of its own."""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core import clock, db
from portal.debtors import links, notices, queries
from portal.debtors.models import AccessLink, ContactPoint
from portal.invoices.models import Invoice
from portal.messages import actions as messages

COPY_DAYS = timedelta(days=30)
COPY = "invoice_copy"


def send_again(invoice: Invoice) -> bool:
    """Plans the message to the address now on file; False where there is none, or where enough were sent lately."""
    contact, debtor = queries.mail_contact(invoice.debtor_id), queries.debtor(invoice.debtor_id)
    if contact is None or debtor is None or notices.asked_lately(contact.id, COPY):
        return False
    link = links.issue(
        invoice.debtor_id,
        purpose=links.PORTAL,
        campaign=COPY,
        expires_at=clock.now() + COPY_DAYS,
        invoice_id=invoice.id,
        contact_point_id=contact.id,
    )
    messages.plan(
        COPY,
        debtor_id=invoice.debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )
    return True


def sent_to(invoice_id: int, answered_at: datetime) -> str | None:
    """Where the copy went that this answer asked for, or the one just before it: masked; None where none went."""
    address = db.session().scalar(
        select(ContactPoint.address)
        .join(AccessLink, AccessLink.contact_point_id == ContactPoint.id)
        .where(
            AccessLink.campaign == COPY,
            AccessLink.invoice_id == invoice_id,
            AccessLink.issued_at > answered_at - notices.AGAIN_AFTER,
        )
        .order_by(AccessLink.id.desc())
        .limit(1)
    )
    return queries.masked(address) if address is not None else None
