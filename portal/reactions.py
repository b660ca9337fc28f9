"""When this happens, that follows: the one table. Both sides stay ignorant of each other (house.md §1)."""

from portal.account_papers import offers as account_papers
from portal.account_papers import queries as account_queries
from portal.already_paid import actions as already_paid
from portal.bank_statements import events as bank_events
from portal.bank_statements import matching, outgoing
from portal.bank_statements import naming as bank_naming
from portal.bank_statements import notices as bank_notices
from portal.bank_statements import queries as bank_queries
from portal.calls import events as call_events
from portal.cases import actions as cases
from portal.cases import events as case_events
from portal.cases import resting
from portal.channel_wishes import queries as channel_wishes
from portal.confirmations import events as confirmation_events
from portal.core import clock, events
from portal.core.link_addresses import SURVEY
from portal.core.money import Money
from portal.credit_lines import alerts as credit_alerts
from portal.credit_lines import jobs as credit_jobs
from portal.creditors import queries as creditors
from portal.debtors import actions as debtors
from portal.debtors import correspondence, letters, step_up
from portal.debtors import events as debtor_events
from portal.debtors import queries as debtor_queries
from portal.disputes import actions as disputes
from portal.disputes import events as dispute_events
from portal.disputes import holding as disputes_holding
from portal.hardship import queries as hardship
from portal.imports import actions as imports
from portal.imports import events as import_events
from portal.interest import actions as interest
from portal.interest import came_late
from portal.interest import events as interest_events
from portal.invoices import covering, credit_notes, crediting
from portal.invoices import events as invoices
from portal.ledger import accounts
from portal.ledger.sources import Source
from portal.messages import actions as message_actions
from portal.messages import events as messages
from portal.messages import rendering
from portal.overpayments import actions as overpayments
from portal.overpayments import at_the_bank, corrections, giving_back, withdrawn
from portal.overpayments import events as overpayment_events
from portal.overpayments import notices as overpayment_notices
from portal.payments import actions as payments
from portal.payments import agreed, books, off_session, refunds_notices
from portal.payments import events as payment_events
from portal.payments import notices as payment_notices
from portal.payments import queries as payment_queries
from portal.people import events as people_events
from portal.plans import actions as plan_actions
from portal.plans import answering as plan_answers
from portal.plans import autopay
from portal.plans import events as plan_events
from portal.plans import following as plans
from portal.plans import papers as plan_papers
from portal.plans import queries as plan_queries
from portal.plans import talking as plan_talking
from portal.postal import actions as postal
from portal.promises import actions as promises
from portal.promises import events as promise_events
from portal.promises import wishes
from portal.releases import actions as releases
from portal.reminders import actions as reminders
from portal.reminders import agency_caps
from portal.reminders import by_people as reminders_by_people
from portal.sdi import actions as sdi
from portal.sdi import events as sdi_events
from portal.silence import actions as silence
from portal.silence import limitation
from portal.summaries import actions as summaries
from portal.surveys import actions as survey_actions
from portal.surveys import hearing as surveys
from portal.sync import own_codes
from portal.texts import actions as texts
from portal.undelivered import actions as undelivered
from portal.webhooks import actions as webhooks
from portal.webhooks import payloads
from portal.wrong_addresses import actions as wrong_addresses
from portal.wrong_addresses import queries as wrong_address_queries


def _close_payment_pages(event: invoices.InvoiceWithdrawn, _event_id: int) -> None:
    """Nobody shall pay on an invoice that its creditor took back."""
    for item_id in event.item_ids:
        payments.expire_for_item(item_id)


def _count_for_payment(event: payment_events.PaymentSucceeded, _event_id: int) -> None:
    if event.excess_minor:
        interest.look_again_at(event.item_ids)


def _count_for_transfer(event: bank_events.MovementBooked | bank_events.MovementCredited, _event_id: int) -> None:
    if event.excess_minor:
        named = bank_naming.came_for([event.movement_id])
        interest.look_again_at(named.get(event.movement_id, ()))


def _count_for_credit_note(event: invoices.CreditNoteApplied, _event_id: int) -> None:
    if event.unallocated_minor:
        interest.look_again_at(credit_notes.came_for([event.invoice_id]).get(event.invoice_id, ()))


def _count_what_comes_late() -> None:
    """What came for a closed due item is credit, and its interest is counted as if it had been known in time."""
    events.when(invoices.ItemSettled, interest.look_again)
    events.when(payment_events.PaymentSucceeded, _count_for_payment)
    events.when(bank_events.MovementBooked, _count_for_transfer)
    events.when(bank_events.MovementCredited, _count_for_transfer)
    events.when(invoices.CreditNoteApplied, _count_for_credit_note)
    came_late.came_for.update(
        {payment_queries.SOURCE: payment_queries.came_for, bank_queries.SOURCE: bank_naming.came_for}
    )


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
    events.when(invoices.CreditUncovered, overpayments.open_for_credit_note)
    events.when(invoices.CreditAheadBooked, overpayments.open_for_credit_ahead)
    events.when(invoices.CreditCovered, overpayments.follow_covered)
    covering.spoken_for[:] = (overpayments.goes_back,)
    events.when(interest_events.InterestCredited, overpayments.open_for_recount)
    events.when(invoices.ItemReopened, corrections.use_own)
    events.when(invoices.InvoiceWithdrawn, withdrawn.see_to)


def _see_to_disputes() -> None:
    """What either side writes in the case of a dispute moves the dispute; what rests for it follows the books."""
    events.when(case_events.CaseWritten, disputes.hear_customer)
    events.when(case_events.CaseReopened, disputes.hear_customer)
    events.when(case_events.CaseAnswered, disputes.hear_staff)
    events.when(case_events.CaseClosed, disputes_holding.hear_closed)
    events.when(invoices.ItemSettled, disputes_holding.hear_booked)
    events.when(invoices.ItemReopened, disputes_holding.hear_booked)
    events.when(invoices.InvoiceWithdrawn, disputes.hear_withdrawn)
    crediting.note_came[:] = (disputes_holding.note_came,)


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
    events.when(invoices.ItemReopened, promises.hear_reopened)
    events.when(invoices.InvoiceWithdrawn, _look_at_promises)
    for less in (interest_events.InterestReduced, interest_events.CostsReduced, interest_events.InterestWaived):
        events.when(less, lambda event, _id: promises.look_again(event.item_id))
        events.when(less, lambda event, _id: already_paid.hear_charged_less(event.item_id, event.open_minor))
    events.when(invoices.ItemSettled, already_paid.hear_settled)
    events.when(invoices.ItemReopened, already_paid.hear_reopened)
    events.when(invoices.InvoiceWithdrawn, already_paid.hear_withdrawn)


def _follow_withdrawn(event: invoices.InvoiceWithdrawn, _event_id: int) -> None:
    for item_id in event.item_ids:
        plans.hear(item_id)


def _count_anew(event: plan_events.PlanAccepted, _event_id: int) -> None:
    """What is acknowledged, or agreed in instalments, may be asked for as long again (art. 2944 c.c.)."""
    how = limitation.ACKNOWLEDGED if event.acknowledged else limitation.PLAN
    today = clock.today(creditors.in_scope().time_zone)
    silence.restart(plan_queries.item_ids(event.plan_id), how, today)


def _see_to_plans() -> None:
    """A plan follows the books of its due items; what is only offered is void when they change (rule B-73)."""
    events.when(invoices.ItemSettled, lambda event, _id: plans.hear(event.item_id))
    events.when(invoices.ItemReopened, lambda event, _id: plans.hear(event.item_id))
    events.when(invoices.InvoiceWithdrawn, _follow_withdrawn)
    for changed in interest_events.CHANGES:
        events.when(changed, lambda event, _id: plans.hear(event.item_id))
    for left in (debtor_events.StepUpLeftToStaff, debtor_events.StepUpProved):
        events.when(left, plan_talking.hear_left_to_staff)
    for not_signed in (debtor_events.StepUpDeclined, debtor_events.StepUpLapsed):
        events.when(not_signed, plan_talking.hear_not_signed)
    for ended in autopay.ENDS:
        events.when(ended, lambda event, _id: autopay.hear_ended(event))
    for refused in (payment_events.PaymentFailed, payment_events.PaymentBounced):
        events.when(refused, lambda event, _id: autopay.hear_failed(event))
    off_session.still_wanted[:] = (autopay.is_still_wanted,)
    events.when(plan_events.PlanAccepted, _count_anew)
    agreed.providers[:] = (plan_queries.agreed_amounts,)
    matching.stands_for[:] = (plan_queries.stands_for,)
    plan_actions.is_resting[:] = (lambda debtor_id: hardship.running(debtor_id) is not None,)


def _see_to_plan_cases() -> None:
    """What ended by itself leaves no question open."""
    for ended in (plan_events.PlanVoided, plan_events.PlanCancelled, plan_events.PlanExpired):
        events.when(ended, plan_answers.hear_ended)


def _see_to_releases() -> None:
    """What deliveries wait for follows the books, whatever the way in which money comes or goes back."""
    events.when(invoices.ItemSettled, releases.hear_settled)
    events.when(invoices.ItemReopened, releases.hear_reopened)
    events.when(invoices.InvoiceWithdrawn, releases.hear_withdrawn)


def _close_pages_of_rejected(event: sdi_events.InvoiceRejected, _event_id: int) -> None:
    for item_id in event.item_ids:
        payments.expire_for_item(item_id)


def _see_to_the_sdi() -> None:
    """What the SdI sent back is paid on no page; what comes in with another file was sent anew."""
    events.when(sdi_events.InvoiceRejected, _close_pages_of_rejected)
    imports.came_again[:] = (sdi.hear_came_again,)


def _see_to_credit() -> None:
    """Alerts follow the books; what can only end a cause asks nothing where there is no alert."""
    for ends in (invoices.ItemSettled, invoices.InvoiceWithdrawn, promise_events.PromiseKept):
        events.when(ends, lambda event, _id: credit_alerts.look_if_any(event.debtor_id))
    for begins in (invoices.ItemReopened, promise_events.PromiseBroken):
        events.when(begins, lambda event, _id: credit_alerts.look_at(event.debtor_id))
    events.when(import_events.ImportFinished, lambda event, _id: credit_jobs.look_soon(event.batch_id))


def _rest_what_was_charged(
    event: interest_events.InterestCharged | interest_events.CostsCharged, _event_id: int
) -> None:
    """A due item that was paid late is open again with what the delay costs, and rests while it is looked into."""
    if event.open_minor == event.amount_minor:
        resting.hold_again(event.invoice_id)
        disputes_holding.spread(event.debtor_id, event.invoice_id)


def _see_to_cases() -> None:
    """A case and what it holds end together; what somebody leaves behind goes back to its desk."""
    events.when(case_events.CaseClosed, resting.hear_closed)
    events.when(case_events.CaseReopened, resting.hear_reopened)
    events.when(invoices.ItemReopened, lambda event, _id: resting.hold_again(event.invoice_id))
    for charged in (interest_events.InterestCharged, interest_events.CostsCharged):
        events.when(charged, _rest_what_was_charged)
    events.when(invoices.ItemReleased, resting.hear_released)
    events.when(invoices.ItemReleased, already_paid.hear_released)
    events.when(invoices.InvoiceSettled, resting.hear_settled)
    for ended in (invoices.InvoiceSettled, invoices.InvoiceWithdrawn):
        events.when(ended, reminders.hear_settled)
    events.when(case_events.CaseClosed, reminders_by_people.hear_closed)
    events.when(messages.MessageSending, agency_caps.hear_sending)
    events.when(case_events.CaseClosed, agency_caps.hear_called)
    events.when(invoices.InvoiceWithdrawn, resting.hear_withdrawn)
    for changed in (people_events.AccessEnded, people_events.RoleChanged, people_events.PersonJoined):
        events.when(changed, lambda _event, _id: cases.hand_back())


def _hold_back(event: invoices.ItemHeld | invoices.ItemSettled | invoices.InvoiceWithdrawn, _event_id: int) -> None:
    if event.debtor_id is not None:
        message_actions.hold_back_waiting(event.debtor_id)


def _see_to_what_waits() -> None:
    """What was planned is not said any more once what it is about rests, or is paid: within the same transaction."""
    for rests in (invoices.ItemHeld, invoices.ItemSettled, invoices.InvoiceWithdrawn):
        events.when(rests, _hold_back)


def _see_to_surveys() -> None:
    """Whatever way something ends, its customer is asked how it went."""
    events.when(invoices.ItemSettled, surveys.settled)
    for ended in (plan_events.PlanAccepted, plan_events.PlanCompleted):
        events.when(ended, surveys.plan_ended_well)
    events.when(dispute_events.DisputeClosed, surveys.dispute_closed)
    events.when(call_events.CallMade, surveys.call_made)
    events.when(case_events.CaseClosed, surveys.case_closed)
    events.when(messages.MessageSending, surveys.sending)
    for not_left in (messages.MessageSuppressed, messages.MessageFailed):
        events.when(not_left, surveys.not_left)
    rendering.link_purposes.update(dict.fromkeys(survey_actions.KEYS, SURVEY))


def connect() -> None:
    """Fills the table; called once per application."""
    events.forget_reactions()
    events.when(messages.MessageBounced, correspondence.stop_bounced)
    events.when(messages.MessageBounced, undelivered.hear_bounced)  # its address is closed by now
    events.when(messages.MessageUndelivered, undelivered.hear_undelivered)
    events.when(messages.MessageComplained, undelivered.hear_complained)
    events.when(messages.MessageSuppressed, postal.hear_suppressed)
    events.when(invoices.ItemSettled, lambda event, _id: payments.expire_for_item(event.item_id))
    events.when(invoices.ItemReopened, lambda event, _id: payments.expire_for_item(event.item_id))
    for changed in interest_events.CHANGES:  # what is asked for is no longer what the card page says
        events.when(changed, lambda event, _id: payments.expire_for_item(event.item_id))
    _count_what_comes_late()
    events.when(invoices.InvoiceWithdrawn, _close_payment_pages)
    events.when(invoices.InvoiceSettled, lambda event, _id: debtors.let_codes_run_out(event.invoice_id))
    events.when(invoices.InvoiceWithdrawn, lambda event, _id: debtors.let_codes_run_out(event.invoice_id))
    events.when(invoices.InvoiceWithdrawn, summaries.hear_withdrawn)
    events.when(confirmation_events.ReceiptConfirmed, summaries.hear_confirmed)
    events.when(payment_events.PaymentSucceeded, payment_notices.send_receipt)
    events.when(payment_events.RefundSent, refunds_notices.tell_sent)
    events.when(payment_events.RefundFailed, refunds_notices.tell_failed)
    events.when(debtor_events.ContactStopped, wrong_addresses.hear_stopped)
    events.when(debtor_events.ContactConfirmed, wrong_addresses.hear_confirmed)
    _see_to_what_was_said()
    _see_to_plans()
    _see_to_the_sdi()
    _see_to_cases()
    _see_to_what_waits()
    _see_to_plan_cases()
    _see_to_releases()
    _see_to_credit()
    _see_to_overpayments()
    _see_to_transfers()
    _see_to_disputes()
    _see_to_surveys()
    events.when(plan_events.PlanAccepted, plan_papers.gather)
    events.when_public(webhooks.queue_deliveries)
    rendering.own_words[:] = (texts.own_words,)
    rendering.also_known[:] = (
        correspondence.known_for, reminders.known_for, account_papers.known_for, postal.known_for,
    )  # fmt: skip
    outgoing.is_transfer_back[:] = (
        lambda out: at_the_bank.went_out(out.movement_id, out.amount, out.on, out.origins),
    )
    at_the_bank.told_until[:] = (bank_queries.told_until,)
    account_queries.doubts[:] = (bank_queries.waiting_to_be_returned,)
    debtor_queries.also_paused[:] = (wrong_address_queries.said_not_me,)
    letters.way[:] = (channel_wishes.way_of_letters,)
    rendering.code_makers[step_up.KEY] = step_up.make_code
    payloads.own_codes[:] = (own_codes.codes_of,)
