"""What messages need to know of debtors, and what debtors must hear of messages (portal.reactions joins the two)."""

from typing import Any

from sqlalchemy import select

from portal.core import clock, db
from portal.creditors import queries as creditors
from portal.debtors import actions, facts, gate
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.messages import rendering
from portal.messages.events import MessageBounced
from portal.messages.models import Message

BOUNCED = "bounced"


def known_for(message: Message) -> dict[str, Any]:
    """How to greet, what the gate will ask, and until when the link works; a company is not greeted by name."""
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == message.debtor_id)).one()
    face = creditors.face(message.creditor_id)
    question = facts.question(face.gate_fact, gate.held_of(debtor))
    link = db.session().scalars(select(AccessLink).where(AccessLink.id == message.link_id)).one_or_none()
    return {
        "person": debtor.name if debtor.kind == "consumer" and message.key not in rendering.WITHOUT_LINK else "",
        "fact_label": question.label if question is not None else "",
        "works_until": clock.day_of(link.expires_at, face.time_zone) if link is not None else "",
    }


def stop_bounced(happened: MessageBounced, _event_id: int) -> None:
    """An address that takes no mail is not written to again, and its links open nothing (rules A-10, C-51)."""
    contact = db.session().scalars(select(ContactPoint).where(ContactPoint.id == happened.contact_id)).one_or_none()
    if contact is not None:
        actions.stop_contact(contact, BOUNCED)
