"""What happens elsewhere and ends something: heard through portal.reactions."""

from sqlalchemy import select

from portal.calls.events import CallMade
from portal.cases import kinds
from portal.cases.events import CaseClosed
from portal.cases.models import Case
from portal.core import clock, db, events
from portal.creditors import queries as creditors
from portal.disputes.events import DisputeClosed
from portal.interest.due_dates import last_day
from portal.invoices.events import ItemSettled
from portal.invoices.models import DueItem
from portal.messages.events import MessageFailed, MessageSending, MessageSuppressed
from portal.plans.events import PlanAccepted, PlanCompleted
from portal.reminders.by_people import REACHED
from portal.surveys import actions, agency_rest, outcomes, whom
from portal.surveys.actions import Ended

_UPHELD = frozenset({"upheld", "partially_upheld"})


def settled(event: ItemSettled, _event_id: int) -> None:
    """A due item was paid, whatever the way; a credit note pays nothing, and history that is taken in is no news."""
    if event.open_minor or event.debtor_id is None or event.by in outcomes.NOT_PAID:
        return
    zone = creditors.in_scope().time_zone
    if not outcomes.is_news(event.value_on, clock.today(zone)):
        return
    due_on = db.session().scalar(select(DueItem.due_on).where(DueItem.id == event.item_id))
    phase = outcomes.phase(last_day(due_on), event.value_on) if due_on is not None else None
    actions.note(event.debtor_id, Ended(outcomes.PAID, subject_id=event.item_id, phase=phase))


def plan_ended_well(event: PlanAccepted | PlanCompleted, _event_id: int) -> None:
    """A plan was agreed, or paid to its end."""
    if event.debtor_id is None:
        return
    outcome = outcomes.PLAN_AGREED if isinstance(event, PlanAccepted) else outcomes.PLAN_COMPLETED
    due_on = whom.first_due_on(event.item_ids)
    actions.note(event.debtor_id, Ended(outcome, subject_id=event.plan_id, phase=actions.phase_of(due_on)))


def dispute_closed(event: DisputeClosed, _event_id: int) -> None:
    """Either way: they were right, or not."""
    if event.debtor_id is None:
        return
    outcome = outcomes.DISPUTE_VALID if event.outcome in _UPHELD else outcomes.DISPUTE_NOT_VALID
    due_on = db.session().scalar(
        select(DueItem.due_on).where(DueItem.invoice_id == event.invoice_id).order_by(DueItem.due_on).limit(1)
    )
    actions.note(event.debtor_id, Ended(outcome, subject_id=event.dispute_id, phase=actions.phase_of(due_on)))


def call_made(event: CallMade, _event_id: int) -> None:
    if event.reached and event.debtor_id is not None:
        _spoken(event.debtor_id, event.call_id)


def case_closed(event: CaseClosed, _event_id: int) -> None:
    """A call of the cadence's that reached its customer."""
    if event.debtor_id is None or event.outcome not in REACHED:
        return
    kind = db.session().scalar(select(Case.kind).where(Case.id == event.case_id))
    if kind == kinds.CALL_TO_MAKE:
        _spoken(event.debtor_id, event.case_id)


def _spoken(debtor_id: int, subject_id: int) -> None:
    who = events.actor()
    by = who.id if who.kind == "staff" else None
    phase = actions.phase_of(whom.earliest_open(debtor_id))
    actions.note(debtor_id, Ended(outcomes.CALL, subject_id=subject_id, phase=phase, by=by))


def sending(event: MessageSending, _event_id: int) -> None:
    agency_rest.hear_sending(event, actions.ASKED)


def not_left(event: MessageSuppressed | MessageFailed, _event_id: int) -> None:
    actions.hear_not_left(event.message_id)
