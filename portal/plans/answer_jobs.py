"""What becomes of a plan that is being talked about when the time to answer is over.

Where the customer was asked, it ends. Where the creditor was asked, it does not: the case rises as late in the queue,
and nobody chases the customer for as long as they wait.
"""

from datetime import date, datetime

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.states import CaseStatus
from portal.core import clock, jobs, scope
from portal.core.working_days import working_day_after
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.plans import answering, following, queries, rules
from portal.plans import events as happened
from portal.plans.models import Plan
from portal.plans.states import TALKING, PlanStatus


@jobs.every(minutes=20)
def see_to_answers() -> None:
    """Each plan in a transaction of its own; a second time changes nothing."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            late = queries.out_of_time(clock.now())
        rounds.each(creditor_id, late, see_to, "plan")


def see_to(plan_id: int) -> None:
    """Ends what its customer let pass; keeps waiting for what the creditor did."""
    plan, now = answering.locked(plan_id), clock.now()
    if plan is None or plan.status not in TALKING or plan.answer_by is None or plan.answer_by >= now:
        return
    if plan.status is PlanStatus.PROPOSED and not _waits_for_customer(plan, now):
        _rise(plan, now)
        return
    was_accepted = plan.status is PlanStatus.PENDING
    following.end(plan, PlanStatus.EXPIRED, happened.PlanExpired)
    cases.close_of(kinds.PLAN, plan.id, "not_answered")
    if was_accepted:  # they had done all that they could
        answering.tell_void(plan.id)


def _waits_for_customer(plan: Plan, now: datetime) -> bool:
    """We asked them something about their proposal, and they let that time pass."""
    case = case_queries.about(kinds.PLAN, plan.id)
    return case is not None and case.status is CaseStatus.THEIRS and case.act_by is not None and case.act_by <= now


def _rise(plan: Plan, now: datetime) -> None:
    """The creditor's people let their day pass: nothing hides it in their queue, and what it is about rests on."""
    case = case_queries.about(kinds.PLAN, plan.id)
    if case is not None and case.snoozed_until is not None and case.snoozed_until > now:
        cases.put_off(case, None)
    zone = creditors.face(scope.current().creditor_id).time_zone
    _rest_on(plan, clock.today(zone), zone)


def _rest_on(plan: Plan, today: date, zone: str) -> None:
    """Holds that run out today or have run out are made anew, for as many working days as an answer takes."""
    item_ids = queries.item_ids(plan.id)
    held = invoice_queries.holds_now(item_ids)
    until = working_day_after(today, rules.ANSWER_DAYS)
    for item in invoice_queries.items(item_ids):
        ends = [one.until for one in held.get(item.item_id, ()) if one.reason == holds.PLAN_ASKED]
        if item.is_open and not any(end is None or clock.day_of(end, zone) > today for end in ends):
            invoices.release(item.item_id, holds.PLAN_ASKED, source_id=plan.id)
            invoices.hold(item, holds.PLAN_ASKED, plan.id, until, zone)
