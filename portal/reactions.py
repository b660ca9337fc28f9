"""When this happens, that follows: the one table. Both sides stay ignorant of each other (house.md §1)."""

from portal.account_papers import offers as account_papers
from portal.account_papers import queries as account_queries
from portal.already_paid import actions as already_paid
from portal.bank_statements import events as bank_events
from portal.bank_statements import notices as bank_notices
from portal.bank_statements import outgoing
from portal.bank_statements import queries as bank_queries
from portal.confirmations import events as confirmation_events
from portal.core import events
from portal.core.money import Money
from portal.debtors import actions as debtors
from portal.debtors import correspondence, step_up
from portal.interest import actions as interest
from portal.interest import events as interest_events
from portal.invoices import events as invoices
from portal.ledger import accounts
from portal.ledger.sources import Source
from portal.messages import events as messages
from portal.messages import rendering
from portal.overpayments import actions as overpayments
from portal.overpayments import at_the_bank, giving_back
from portal.overpayments import events as overpayment_events
from portal.overpayments import notices as overpayment_notices
from portal.payments import actions as payments
from portal.payments import books, refunds_notices
from portal.payments import events as payment_events
from portal.payments import notices as payment_notices
from portal.promises import actions as promises
from portal.promises import wishes
from portal.reminders import actions as reminders
from portal.sync import own_codes
from portal.webhooks import actions as webhooks
from portal.webhooks import payloads


def _close_payment_pages(event: invoices.InvoiceWithdrawn, _event_id: int) -> None:
    """Nobody shall pay on an invoice that its creditor took back."""
    for item_id in event.item_ids:
        payments.expire_for_item(item_id)


def _see_to_overpayments() -> None:
    """What came in too much is opened, told, used for what comes next, and follows what becomes of its payment."""
    events.when(payment_events.PaymentSucceeded, overpayments.open_for_payment)
    events.when(overpayment_events.OverpaymentOpened, overpayment_notices.tell_found)
    events.when(overpayment_events.OverpaymentApplied, overpayment_notices.tell_settled)
    events.when(overpayment_events.OverpaymentRefunded, overpayment_notices.tell_settled)
    events.when(invoices.InvoiceImported, overpayments.use_for_new)
    events.when(payment_events.PaymentRefunded, giving_back.hear_refunded)
    for undone in (payment_events.RefundDeclined, payment_events.RefundFailed, payment_events.RefundCancelled):
        events.when(undone, giving_back.hear_not_refunded)
    books.taken_back[:] = (overpayments.refresh,)
    events.when(invoices.CreditNoteApplied, overpayments.open_for_credit_note)
    events.when(interest_events.InterestCredited, overpayments.open_for_recount)


def _keep_excess(event: bank_events.MovementBooked | bank_events.MovementCredited, _event_id: int) -> None:
    """A transfer brought more than was open: both sides decide what becomes of it (rule B-10)."""
    if event.excess_minor and event.debtor_id is not None:
        source = Source(bank_queries.SOURCE, event.movement_id)
        too_much = Money(event.excess_minor, event.currency)
        overpayments.open_from(event.debtor_id, source, too_much, came_by=accounts.BANK)


def _see_to_transfers() -> None:
    """What a bank statement brings is told, and what it brings too much, or takes back, follows."""
    events.when(bank_events.MovementBooked, bank_notices.tell_booked)
    events.when(bank_events.MovementBooked, _keep_excess)
    events.when(bank_events.MovementCredited, _keep_excess)
    events.when(bank_events.MovementReturned, bank_notices.tell_returned)
    events.when(bank_events.MovementUndone, bank_notices.tell_undone)
    events.when(
        bank_events.MovementUndone,
        lambda event, _id: overpayments.follow(Source(bank_queries.SOURCE, event.movement_id)),
    )
    events.when(
        bank_events.MovementReturned,
        lambda event, _id: overpayments.follow(Source(bank_queries.SOURCE, event.movement_id)),
    )


def _look_at_promises(event: invoices.InvoiceWithdrawn, _event_id: int) -> None:
    for item_id in event.item_ids:
        promises.look_again(item_id)


def _see_to_what_was_said() -> None:
    """What customers promised, or say they have paid, follows the books."""
    events.when(
        confirmation_events.ReceiptConfirmed,
        lambda event, _id: wishes.hear(event.debtor_id, event.invoice_id, event.will_pay_on),
    )
    events.when(invoices.ItemSettled, lambda event, _id: promises.look_again(event.item_id))
    events.when(invoices.ItemReopened, lambda event, _id: promises.look_again(event.item_id))
    events.when(invoices.InvoiceWithdrawn, _look_at_promises)
    events.when(invoices.ItemSettled, already_paid.hear_settled)
    events.when(invoices.InvoiceWithdrawn, already_paid.hear_withdrawn)


def connect() -> None:
    """Fills the table; called once per application."""
    events.forget_reactions()
    events.when(messages.MessageBounced, correspondence.stop_bounced)
    events.when(invoices.ItemSettled, lambda event, _id: payments.expire_for_item(event.item_id))
    events.when(invoices.ItemReopened, lambda event, _id: payments.expire_for_item(event.item_id))
    for changed in interest_events.CHANGES:  # what is asked for is no longer what the card page says
        events.when(changed, lambda event, _id: payments.expire_for_item(event.item_id))
    events.when(invoices.ItemSettled, interest.look_again)
    events.when(invoices.InvoiceWithdrawn, _close_payment_pages)
    events.when(invoices.InvoiceSettled, lambda event, _id: debtors.let_codes_run_out(event.invoice_id))
    events.when(invoices.InvoiceWithdrawn, lambda event, _id: debtors.let_codes_run_out(event.invoice_id))
    events.when(payment_events.PaymentSucceeded, payment_notices.send_receipt)
    events.when(payment_events.RefundSent, refunds_notices.tell_sent)
    events.when(payment_events.RefundFailed, refunds_notices.tell_failed)
    _see_to_what_was_said()
    _see_to_overpayments()
    _see_to_transfers()
    events.when_public(webhooks.queue_deliveries)
    rendering.also_known[:] = (correspondence.known_for, reminders.known_for, account_papers.known_for)
    outgoing.is_transfer_back[:] = (
        lambda out: at_the_bank.went_out(out.movement_id, out.amount, out.on, out.origins),
    )
    at_the_bank.told_until[:] = (bank_queries.told_until,)
    account_queries.doubts[:] = (bank_queries.waiting_to_be_returned,)
    rendering.code_makers[step_up.KEY] = step_up.make_code
    payloads.own_codes[:] = (own_codes.codes_of,)
