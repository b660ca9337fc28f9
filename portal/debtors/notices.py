"""Messages about the doors themselves: a new link for whoever's has run out, and that contact data have changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from portal.core import clock, db
from portal.core.link_addresses import ON_PAPER
from portal.debtors import links, queries
from portal.debtors.actions import NewContact
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.debtors.step_up_rules import MOBILE, SENT_BY
from portal.messages import actions as messages
from portal.messages.models import Message

AGAIN_AFTER = timedelta(minutes=15)
DAY, MOST_A_DAY = timedelta(days=1), 5
NEW_LINK, CHANGED, UNDECIDED = "new_link", "contact_changed", "step_up_undecided"
NEW_LINK_DAYS = timedelta(days=14)


def send_new_link(old: AccessLink) -> bool:
    """A new link to the address on file, unless enough were sent lately; False when none is sent.

    One that was handed over gets it from the same link as before: it dies with that one, and lasts no longer. A code
    on paper went to no address: the link to its invoice goes where mail to its debtor goes. The old link's row is
    locked, so that whoever revokes it at this moment finds the new one, too.
    """
    still = db.session().get(AccessLink, old.id, with_for_update=True, populate_existing=True)
    if still is None or still.revoked_at is not None:
        return False
    ends = clock.now() + NEW_LINK_DAYS
    if old.from_link_id is not None:
        origin = db.session().get(AccessLink, old.from_link_id)
        if origin is None or origin.revoked_at is not None or origin.expires_at <= clock.now():
            return False
        ends = min(ends, origin.expires_at)
    contact = _goes_to(old)
    if contact is None or contact.stopped_at is not None or asked_lately(contact.id, NEW_LINK):
        return False
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == old.debtor_id)).one()
    fresh = links.issue(
        old.debtor_id,
        purpose=links.PORTAL,
        campaign=NEW_LINK,
        expires_at=ends,
        invoice_id=old.invoice_id,
        contact_point_id=contact.id,
        from_link_id=old.from_link_id,
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


def _goes_to(link: AccessLink) -> ContactPoint | None:
    if link.purpose not in ON_PAPER:
        return db.session().get(ContactPoint, link.contact_point_id) if link.contact_point_id is not None else None
    found = queries.mail_contact(link.debtor_id)
    return None if found is None or found.id in queries.paused(link.debtor_id) else found


def tell_undecided(debtor_id: int) -> None:
    """What a customer asked for was not decided in time: nothing has changed, and the link lets them ask again."""
    contact = queries.mail_contact(debtor_id)
    if contact is None or contact.id in queries.paused(debtor_id):
        return
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == debtor_id)).one()
    link = links.issue(
        debtor_id,
        purpose=links.PORTAL,
        campaign=UNDECIDED,
        expires_at=clock.now() + NEW_LINK_DAYS,
        contact_point_id=contact.id,
    )
    messages.plan(
        UNDECIDED,
        debtor_id=debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )


def tell_of_change(debtor_id: int, in_use: Sequence[ContactPoint]) -> None:
    """Whoever reads an address that was in use hears that contact data have changed (rule A-44, ASVS 6.3.7).

    Without a link, without a name. One that was replaced hears that it is the last message; it is not named as a
    contact point, for that one is stopped, and the notice goes there all the same.
    """
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == debtor_id)).one()
    for contact in in_use:
        stays = contact.stopped_at is None
        messages.plan(
            CHANGED,
            debtor_id=debtor_id,
            contact_point_id=contact.id if stays else None,
            to_address=contact.address,
            language=debtor.language,
            channel=SENT_BY.get(contact.channel, "email"),
            asked_for=True,
            params={"stays": "yes"} if stays else {},
        )


def tell_of_import(new: Sequence[NewContact], began: datetime) -> None:
    """Whoever reads an address in use hears that an import, which `began` then, brings another one (rule A-44).

    Once an import and address, however many rows bring something; said before the new ones are added. What takes no
    codes, a certified address or a landline, is not worth a message.
    """
    about = {one.debtor_id for one in new if _takes_codes(one.channel, one.address)}
    if not about:
        return
    told = select(Message.debtor_id).where(
        Message.debtor_id.in_(about), Message.key == CHANGED, Message.planned_at >= began
    )
    about -= set(db.session().scalars(told))
    languages = select(Debtor.id, Debtor.language).where(Debtor.id.in_(about))
    language = {row.id: row.language for row in db.session().execute(languages)}
    theirs = select(ContactPoint).where(
        ContactPoint.debtor_id.in_(about), ContactPoint.stopped_at.is_(None), ContactPoint.colleague.is_(False)
    )
    for contact in db.session().scalars(theirs.order_by(ContactPoint.id)).all():
        if queries.can_be_sent_to(contact):
            messages.plan(
                CHANGED,
                debtor_id=contact.debtor_id,
                contact_point_id=contact.id,
                to_address=contact.address,
                language=language[contact.debtor_id],
                channel=SENT_BY.get(contact.channel, "email"),
                asked_for=True,
                params={"stays": "yes", "ours": "yes"},
            )


def _takes_codes(channel: str, address: str) -> bool:
    return channel in SENT_BY and (channel != MOBILE or queries.takes_texts(address))


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
