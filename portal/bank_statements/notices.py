"""Mails about transfers: one came, was not all, came late, was taken back; how much stands behind the link."""

from datetime import timedelta

from portal.bank_statements.events import MovementBooked, MovementReturned, MovementUndone
from portal.core import clock
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.messages import actions as messages
from portal.messages import queries as message_queries

LINK_DAYS = timedelta(days=30)
# What was too much is told by portal.overpayments; the part that settled something is told here.
KEYS = {
    "paid": "transfer_received",
    "over": "transfer_received",
    "late": "transfer_late",
    "partial": "transfer_partial",
}
RETURNED = "transfer_returned"
CORRECTED = "transfer_corrected"
_TOLD_BY = (*sorted(set(KEYS.values())), "overpayment_found")


def tell_booked(event: MovementBooked, _event_id: int) -> None:
    """To the debtor: the transfer arrived, and whether something is left to do."""
    if event.applied_minor:
        _tell(KEYS[event.outcome], event.debtor_id)


def tell_returned(event: MovementReturned, _event_id: int) -> None:
    """To the debtor: their bank took the transfer back."""
    if event.item_ids:
        _tell(RETURNED, event.debtor_id)


def tell_undone(event: MovementUndone, _event_id: int) -> None:
    """To the debtor whom a mail had told of it: that was a mistake."""
    debtor_id = event.debtor_id
    if debtor_id is not None and message_queries.planned_since(debtor_id, _TOLD_BY, event.booked_at):
        _tell(CORRECTED, debtor_id)


def _tell(key: str, debtor_id: int | None) -> None:
    """Plans the mail to the address on file; whoever has none sees it on the page."""
    debtor = debtors.debtor(debtor_id) if debtor_id is not None else None
    contact = debtors.mail_contact(debtor.id) if debtor is not None else None
    if debtor is None or contact is None:
        return
    link = links.issue(
        debtor.id,
        purpose=links.PORTAL,
        campaign=key,
        expires_at=clock.now() + LINK_DAYS,
        contact_point_id=contact.id,
    )
    messages.plan(
        key,
        debtor_id=debtor.id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )
