"""Messages about links: a new one for whoever's has run out."""

from datetime import timedelta

from sqlalchemy import case, func, select

from portal.core import clock, db
from portal.debtors import links
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.debtors.step_up_rules import SENT_BY
from portal.messages import actions as messages

AGAIN_AFTER = timedelta(minutes=15)
DAY, MOST_A_DAY = timedelta(days=1), 5
NEW_LINK = "new_link"
NEW_LINK_DAYS = timedelta(days=14)


def send_new_link(old: AccessLink) -> bool:
    """A new link to the address on file, unless enough were sent lately; False when none is sent."""
    if old.contact_point_id is None:
        return False
    contact = db.session().get(ContactPoint, old.contact_point_id)
    if contact is None or contact.stopped_at is not None or asked_lately(contact.id, NEW_LINK):
        return False
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == old.debtor_id)).one()
    fresh = links.issue(
        old.debtor_id,
        purpose=links.PORTAL,
        campaign=NEW_LINK,
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


def tell_old_address(old: ContactPoint) -> None:
    """Whoever reads the old address hears that it was replaced (rule A-44): without a link, without a name.

    It names no contact point: that one is stopped, and this message goes there all the same.
    """
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == old.debtor_id)).one()
    messages.plan(
        "contact_changed",
        debtor_id=old.debtor_id,
        to_address=old.address,
        language=debtor.language,
        channel=SENT_BY.get(old.channel, "email"),
        asked_for=True,
    )


def asked_lately(contact_id: int, campaign: str) -> bool:
    """Whether enough of these mails went to the address: one in a quarter of an hour, five within a day."""
    now = clock.now()
    just_now = func.sum(case((AccessLink.issued_at > now - AGAIN_AFTER, 1), else_=0))
    of_the_day, of_the_quarter = (
        db.session()
        .execute(
            select(func.count(), just_now).where(
                AccessLink.contact_point_id == contact_id,
                AccessLink.campaign == campaign,
                AccessLink.issued_at > now - DAY,
            )
        )
        .one()
    )
    return bool(of_the_day >= MOST_A_DAY or of_the_quarter)
