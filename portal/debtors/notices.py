"""Messages about links: a new one for whoever's has run out."""

from datetime import timedelta

from sqlalchemy import select

from portal.core import clock, db
from portal.debtors import links
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.messages import actions as messages

AGAIN_AFTER = timedelta(minutes=15)
NEW_LINK_DAYS = timedelta(days=14)


def send_new_link(old: AccessLink) -> bool:
    """A new link to the address on file, at most one every quarter of an hour; False when none is sent."""
    if old.contact_point_id is None:
        return False
    contact = db.session().get(ContactPoint, old.contact_point_id)
    if contact is None or contact.stopped_at is not None or _asked_lately(old):
        return False
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == old.debtor_id)).one()
    fresh = links.issue(
        old.debtor_id,
        purpose=links.PORTAL,
        campaign="new_link",
        expires_at=clock.now() + NEW_LINK_DAYS,
        invoice_id=old.invoice_id,
        contact_point_id=contact.id,
    )
    messages.plan(
        "new_link",
        debtor_id=old.debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=fresh.id,
        asked_for=True,
    )
    return True


def _asked_lately(old: AccessLink) -> bool:
    return (
        db.session().scalar(
            select(AccessLink.id)
            .where(
                AccessLink.contact_point_id == old.contact_point_id,
                AccessLink.campaign == "new_link",
                AccessLink.issued_at > clock.now() - AGAIN_AFTER,
            )
            .limit(1)
        )
        is not None
    )
