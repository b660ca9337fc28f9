"""Mails about transfers: one came, was not all, came late, was taken back; how much stands behind the link."""

from portal.bank_statements.events import MovementBooked, MovementReturned, MovementUndone
from portal.debtors import letters
from portal.messages import queries as message_queries

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
        letters.tell(KEYS[event.outcome], event.debtor_id)


def tell_returned(event: MovementReturned, _event_id: int) -> None:
    """To the debtor: their bank took the transfer back."""
    if event.item_ids:
        letters.tell(RETURNED, event.debtor_id)


def tell_undone(event: MovementUndone, _event_id: int) -> None:
    """To the debtor whom a mail had told of it: that was a mistake."""
    debtor_id = event.debtor_id
    if debtor_id is not None and message_queries.planned_since(debtor_id, _TOLD_BY, event.booked_at):
        letters.tell(CORRECTED, debtor_id)
