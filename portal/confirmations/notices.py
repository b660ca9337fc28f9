""" "It has not reached me": the document goes out again, with a link of its own."""

from datetime import datetime

from sqlalchemy import select

from portal.core import db
from portal.debtors import letters, notices, queries
from portal.debtors.models import AccessLink, ContactPoint
from portal.invoices.models import Invoice

COPY = "invoice_copy"


def send_again(invoice: Invoice) -> bool:
    """Plans the message to the address now on file; False where there is none, or where enough were sent lately."""
    goes = letters.goes_to(invoice.debtor_id)
    if goes is None or notices.asked_lately(goes[0].id, COPY):
        return False
    return letters.tell(COPY, invoice.debtor_id, invoice_id=invoice.id)


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
