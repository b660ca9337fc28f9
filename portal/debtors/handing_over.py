"""Handing a document over to a colleague: a new link with its own gate, no wider than the one it came from (A-53)."""

from datetime import timedelta

from sqlalchemy import func, select

from portal.core import clock, db, events
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors import actions, links, queries
from portal.debtors import events as happened
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.debtors.visits import Current
from portal.messages import actions as messages

CAMPAIGN = "handed_over"
LASTS = timedelta(days=14)
DAY, MOST_A_DAY = timedelta(days=1), 5


def may(visit: Current) -> bool:
    """Business customers at level 2 whose creditor has it switched on; never consumers (rule C-20)."""
    return visit.may_answer and visit.debtor_kind == "business" and visit.may_hand_over


def why_not(visit: Current, address: str) -> Text | None:
    """Why no link goes to this address now, or None."""
    if queries.is_stopped(visit.debtor_id, address):
        return t("Nothing can go to this address any more. Please write another one.")
    lately = select(func.count()).select_from(AccessLink).where(
        AccessLink.debtor_id == visit.debtor_id,
        AccessLink.campaign == CAMPAIGN,
        AccessLink.issued_at > clock.now() - DAY,
    )  # fmt: skip
    if (db.session().scalar(lately) or 0) >= MOST_A_DAY:
        return t("Enough colleagues for today. Please try again tomorrow, or call us.")
    return None


def hand_over(visit: Current, address: str) -> AccessLink:
    """A link of their own for the colleague, to what this visit's link reaches; dies with it.

    Raises NotAllowedNow with why not.
    """
    if not may(visit):
        raise NotAllowedNow(t("This cannot be handed over. Please call us."))
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == visit.debtor_id).with_for_update()).one()
    wrong = why_not(visit, address)
    if wrong is not None:
        raise NotAllowedNow(wrong)
    # Locked: whoever revokes it at this moment finds what is handed over, too.
    origin = db.session().get_one(AccessLink, visit.link_id, with_for_update=True, populate_existing=True)
    contact = actions.add_contact(visit.debtor_id, "email", address, source="debtor", colleague=True)
    link = links.issue(
        visit.debtor_id,
        purpose=links.PORTAL,
        campaign=CAMPAIGN,
        expires_at=min(clock.now() + LASTS, origin.expires_at),
        invoice_id=visit.invoice_id,
        contact_point_id=contact.id,
        from_link_id=origin.id,
    )
    events.record(
        happened.LinkHandedOver(
            link_id=link.id, debtor_id=visit.debtor_id, from_link_id=origin.id, contact_id=contact.id,
            to=queries.initials(contact.address),
        )
    )  # fmt: skip
    messages.plan(
        CAMPAIGN,
        debtor_id=visit.debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )
    return link


def handed(link_id: int) -> list[tuple[str, AccessLink]]:
    """To whom a link was handed over, and their links, the newest first."""
    rows = db.session().execute(
        select(ContactPoint.address, AccessLink)
        .join(ContactPoint, ContactPoint.id == AccessLink.contact_point_id)
        .where(AccessLink.from_link_id == link_id, AccessLink.campaign == CAMPAIGN)
        .order_by(AccessLink.id.desc())
        .limit(20)
    )
    return [(address, link) for address, link in rows]
