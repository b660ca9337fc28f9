"""When this happens, that follows: the one table. Both sides stay ignorant of each other (house.md §1)."""

from portal.core import events
from portal.debtors import actions as debtors
from portal.debtors import correspondence
from portal.invoices import events as invoices
from portal.messages import events as messages
from portal.messages import rendering
from portal.payments import actions as payments
from portal.payments import events as payment_events
from portal.payments import notices as payment_notices
from portal.reminders import actions as reminders
from portal.sync import own_codes
from portal.webhooks import actions as webhooks
from portal.webhooks import payloads


def _close_payment_pages(event: invoices.InvoiceWithdrawn, _event_id: int) -> None:
    """Nobody shall pay on an invoice that its creditor took back."""
    for item_id in event.item_ids:
        payments.expire_for_item(item_id)


def connect() -> None:
    """Fills the table; called once per application."""
    events.forget_reactions()
    events.when(messages.MessageBounced, correspondence.stop_bounced)
    events.when(invoices.ItemSettled, lambda event, _id: payments.expire_for_item(event.item_id))
    events.when(invoices.InvoiceWithdrawn, _close_payment_pages)
    events.when(invoices.InvoiceSettled, lambda event, _id: debtors.let_codes_run_out(event.invoice_id))
    events.when(invoices.InvoiceWithdrawn, lambda event, _id: debtors.let_codes_run_out(event.invoice_id))
    events.when(payment_events.PaymentSucceeded, payment_notices.send_receipt)
    events.when_public(webhooks.queue_deliveries)
    rendering.also_known[:] = (correspondence.known_for, reminders.known_for)
    payloads.own_codes[:] = (own_codes.codes_of,)
