"""Finding debtors and where they can be reached."""

from collections.abc import Callable, Collection

from sqlalchemy import and_, or_, select

from portal.core import db, installation
from portal.core.text import t
from portal.debtors import gate, marks
from portal.debtors.models import AccessLink, ContactPoint, Debtor, LinkTrace
from portal.debtors.step_up_rules import MOBILE
from portal.messages.channels import sms
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
                ContactPoint.colleague.is_(False),
            )
            .order_by(ContactPoint.channel, ContactPoint.id.desc())
            .limit(1)
        )
        .one_or_none()
    )


def newest_contact(debtor_id: int, channel: str) -> ContactPoint | None:
    """The newest address on exactly this channel that is in use, no colleague's."""
    return (
        db.session()
        .scalars(
            select(ContactPoint)
            .where(
                ContactPoint.debtor_id == debtor_id,
                ContactPoint.channel == channel,
                ContactPoint.stopped_at.is_(None),
                ContactPoint.colleague.is_(False),
            )
            .order_by(ContactPoint.id.desc())
            .limit(1)
        )
        .one_or_none()
    )


def in_use(debtor_id: int) -> list[ContactPoint]:
    """Every address of the debtor's own that a message of ours can reach, the oldest first."""
    return [
        row for row in contacts(debtor_id) if row.stopped_at is None and not row.colleague and can_be_sent_to(row)
    ]


def can_be_sent_to(contact: ContactPoint) -> bool:
    """Mail always; a mobile where the installation has a gateway, and where it is a mobile's number."""
    if contact.channel != MOBILE:
        return contact.channel in ("email", "pec")
    return bool(installation.settings().sms.url) and takes_texts(contact.address)


def takes_texts(number: str) -> bool:
    """Whether this is a mobile's number: an import may bring landlines among them."""
    try:
        sms.checked_number(number)
    except ValueError:
        return False
    return True


# "This is not me", and no colleague has decided since; asked with the trace's link and contact point joined.
UNDECIDED = and_(
    LinkTrace.kind == gate.NOT_ME,
    or_(ContactPoint.confirmed_at.is_(None), LinkTrace.at > ContactPoint.confirmed_at),
)


# Who else says of which contact points the same, behind the gate: filled by portal.reactions.
also_paused: list[Callable[[Collection[int]], set[int]]] = []


def paused(debtor_id: int) -> set[int]:
    """The debtor's contact points that we do not write to until a colleague has decided (decision 7)."""
    return paused_of([debtor_id])


def paused_of(debtor_ids: Collection[int]) -> set[int]:
    """The same for many debtors at once."""
    at_the_door = set(
        db.session().scalars(
            select(ContactPoint.id)
            .join(AccessLink, AccessLink.contact_point_id == ContactPoint.id)
            .join(LinkTrace, LinkTrace.link_id == AccessLink.id)
            .where(ContactPoint.debtor_id.in_(list(debtor_ids)), UNDECIDED)
        )
    )
    return at_the_door.union(*(ask(debtor_ids) for ask in also_paused))


def is_stopped(debtor_id: int, address: str, channel: str = "email") -> bool:
    """Whether this address bounced or was stopped by hand; one that was only replaced may come back."""
    stopped = db.session().scalars(
        select(ContactPoint).where(
            ContactPoint.debtor_id == debtor_id,
            ContactPoint.stopped_at.is_not(None),
            ContactPoint.stopped_why != "replaced",
        )
    )
    typed = (channel, address.strip().lower())
    return any(
        (row.channel, row.address) == typed or marks.is_of(row.sealed_mark, debtor_id, channel, address)
        for row in stopped
    )


def masked(address: str) -> str:
    """`m•••@rossi.it`: enough to recognise one's own address, too little to learn another's."""
    name, at, host = address.partition("@")
    return f"{name[:1]}•••{at}{host}" if at else f"•••{address[-3:]}"


def initials(address: str) -> str:
    """`m•••@r•••`: for what is kept for ever, and so may name nobody."""
    name, _, host = address.partition("@")
    return f"{name[:1]}•••@{host[:1]}•••"


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending: the address may have been stopped, or its reader said "not me"."""
    if message.contact_point_id is None:
        return None
    contact = db.session().get(ContactPoint, message.contact_point_id, populate_existing=True)
    if contact is None or contact.stopped_at is not None:
        return str(t("this address is not used any more"))
    if message.asked_for:
        return None
    is_paused = contact.id in paused(contact.debtor_id)
    return str(t("whoever reads this address said that it is not theirs")) if is_paused else None
