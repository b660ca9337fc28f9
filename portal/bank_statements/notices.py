"""Mails about transfers: one came, was not all, came late, was taken back; how much stands behind the link."""

from portal.bank_statements.events import MovementBooked, MovementReturned
from portal.debtors import letters

# What was too much is told by portal.overpayments; the part that settled something is told here.
KEYS = {
    "paid": "transfer_received",
    "over": "transfer_received",
    "late": "transfer_late",
    "partial": "transfer_partial",
}
RETURNED = "transfer_returned"


def tell_booked(event: MovementBooked, _event_id: int) -> None:
    """To the debtor: the transfer arrived, and whether something is left to do."""
    if event.applied_minor:
        letters.tell(KEYS[event.outcome], event.debtor_id)


def tell_returned(event: MovementReturned, _event_id: int) -> None:
    """To the debtor: their bank took the transfer back."""
    if event.item_ids:
        letters.tell(RETURNED, event.debtor_id)
