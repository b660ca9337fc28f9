"""Finding debtors and where they can be reached."""

from sqlalchemy import select

from portal.core import db
from portal.debtors.models import AccessLink, ContactPoint, Debtor, LinkTrace
from portal.messages.models import Message


def debtor(debtor_id: int) -> Debtor | None:
    return db.session().scalars(select(Debtor).where(Debtor.id == debtor_id)).one_or_none()


def contacts(debtor_id: int) -> list[ContactPoint]:
    """All of a debtor's contact points, the oldest first, stopped ones too."""
    return list(
        db.session().scalars(
            select(ContactPoint).where(ContactPoint.debtor_id == debtor_id).order_by(ContactPoint.id)
        )
    )


def mail_contact(debtor_id: int) -> ContactPoint | None:
    """Where mail goes: the newest e-mail address that is not stopped; a certified one (PEC) if there is no other."""
    return (
        db.session()
        .scalars(
            select(ContactPoint)
            .where(
                ContactPoint.debtor_id == debtor_id,
                ContactPoint.channel.in_(("email", "pec")),
                ContactPoint.stopped_at.is_(None),
            )
            .order_by(ContactPoint.channel, ContactPoint.id.desc())
            .limit(1)
        )
        .one_or_none()
    )


def masked(address: str) -> str:
    """`m•••@rossi.it`: enough to recognise one's own address, too little to learn another's."""
    name, at, host = address.partition("@")
    return f"{name[:1]}•••{at}{host}" if at else f"•••{address[-3:]}"


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending: the address may have been stopped, or its reader said "not me"."""
    if message.contact_point_id is None:
        return None
    contact = db.session().get(ContactPoint, message.contact_point_id, populate_existing=True)
    if contact is None or contact.stopped_at is not None:
        return "this address is not used any more"
    if message.asked_for:
        return None
    said_not_me = db.session().scalar(
        select(LinkTrace.id)
        .join(AccessLink, AccessLink.id == LinkTrace.link_id)
        .where(LinkTrace.kind == "not_me", AccessLink.contact_point_id == contact.id)
        .limit(1)
    )
    return "whoever reads this address said that it is not theirs" if said_not_me is not None else None
