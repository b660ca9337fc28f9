"""Access links: issued as rows, turned into an address only where one is needed, looked up by their signature."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.core import clock, db, events, ids, installation, scope, signing
from portal.core.link_addresses import ON_PAPER, PORTAL, QR, TYPED, link_address
from portal.debtors import events as happened
from portal.debtors.models import AccessLink, LinkDirectory

PURPOSES = (PORTAL, QR, TYPED)
CARING_AFTER_DUE = timedelta(days=30)  # rule A-09
HARD_MAXIMUM = timedelta(days=120)
REMINDER = timedelta(days=30)
QR_MAXIMUM = timedelta(days=730)


def issue(
    debtor_id: int, *, purpose: str, campaign: str, expires_at: datetime, invoice_id: int | None = None,
    contact_point_id: int | None = None, from_link_id: int | None = None,
) -> AccessLink:  # fmt: skip
    """A new link's row; its address is made by `address` at the moment of sending, and stored nowhere."""
    if purpose in ON_PAPER and invoice_id is None:
        raise ValueError("a code on paper opens one invoice (rule A-07)")
    creditor_id = scope.current().creditor_id
    link = AccessLink(
        id=ids.new_id(),
        debtor_id=debtor_id,
        purpose=purpose,
        invoice_id=invoice_id,
        contact_point_id=contact_point_id,
        from_link_id=from_link_id,
        campaign=campaign,
        issued_at=clock.now(),
        expires_at=min(expires_at, clock.now() + (QR_MAXIMUM if purpose in ON_PAPER else HARD_MAXIMUM)),
    )
    session = db.session()
    session.add(LinkDirectory(link_id=link.id, creditor_id=creditor_id))
    session.add(link)
    session.flush()
    events.record(happened.LinkIssued(link_id=link.id, debtor_id=debtor_id, purpose=purpose, campaign=campaign))
    return link


def caring_expiry(due_on: date) -> datetime:
    """Thirty days after the due date, 120 days from now at most (rule A-09)."""
    end = datetime.combine(due_on, datetime.max.time(), tzinfo=clock.now().tzinfo) + CARING_AFTER_DUE
    return min(end, clock.now() + HARD_MAXIMUM)


def live_qr_link(invoice_id: int) -> AccessLink | None:
    """The code that was printed on this invoice and still opens (decision 34)."""
    return (
        db.session()
        .scalars(
            select(AccessLink)
            .where(
                AccessLink.invoice_id == invoice_id,
                AccessLink.purpose == QR,
                AccessLink.revoked_at.is_(None),
                AccessLink.expires_at > clock.now(),
            )
            .order_by(AccessLink.id.desc())
            .limit(1)
        )
        .one_or_none()
    )


def address(link_id: int, purpose: str = PORTAL) -> str:
    """The absolute address that opens the link: built from settings, never from a request's Host (rule A-13)."""
    return link_address(link_id, purpose)


@dataclass(frozen=True, slots=True)
class Found:
    link: AccessLink
    creditor_id: int


def look_up(purpose: str, token: str) -> Found | None:
    """The row behind a genuine token, its creditor's scope entered; None for forged, unknown or revoked ones.

    A forged token costs no query (rule A-01); a genuine one two.
    """
    read = signing.read_qr_token if purpose == QR else signing.read_link_token
    link_id = read(installation.keys(), purpose, token)
    return None if link_id is None else by_id(link_id, purpose)


def by_id(link_id: int, purpose: str) -> Found | None:
    """As `look_up`, from a link id that is already trusted (the pre-visit cookie)."""
    session = db.session()
    creditor_id = session.scalar(select(LinkDirectory.creditor_id).where(LinkDirectory.link_id == link_id))
    if creditor_id is None:
        return None
    scope.enter(creditor_id)
    link = session.scalars(
        select(AccessLink).where(AccessLink.id == link_id, AccessLink.purpose == purpose)
    ).one_or_none()
    if link is None or link.revoked_at is not None:
        return None
    return Found(link, creditor_id)


def purpose_of(link_id: int) -> str | None:
    """What a link that this browser's cookie names is for; None when there is none, or it was revoked.

    Works within the scope of a visit that has just turned out to be over, and without any.
    """
    session = db.session()
    try:
        scope.current()
    except scope.Unscoped:
        creditor_id = session.scalar(select(LinkDirectory.creditor_id).where(LinkDirectory.link_id == link_id))
        if creditor_id is None:
            return None
        scope.enter(creditor_id)
    live = select(AccessLink.purpose).where(AccessLink.id == link_id, AccessLink.revoked_at.is_(None))
    return session.scalar(live)
