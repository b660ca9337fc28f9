""" "It has not reached me": the document goes out again, with a link of its own."""

from datetime import timedelta

from portal.core import clock
from portal.debtors import links, queries
from portal.debtors.visits import Current
from portal.messages import actions as messages

COPY_DAYS = timedelta(days=30)


def send_again(visit: Current) -> str | None:
    """Plans the message to the address now on file; returns that address masked, None where there is none."""
    contact = queries.mail_contact(visit.debtor_id)
    debtor = queries.debtor(visit.debtor_id)
    if contact is None or debtor is None:
        return None
    link = links.issue(
        visit.debtor_id,
        purpose=links.PORTAL,
        campaign="invoice_copy",
        expires_at=clock.now() + COPY_DAYS,
        invoice_id=visit.invoice_id,
        contact_point_id=contact.id,
    )
    messages.plan(
        "invoice_copy",
        debtor_id=visit.debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )
    return queries.masked(contact.address)
