"""Talking about a plan: the creditor's answer to a proposal, the customer's to that, and who may sign it."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.core.working_days import working_day_after
from portal.debtors import events as debtor_events
from portal.debtors import step_up_queries, step_up_rules
from portal.debtors.models import Debtor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.plans import actions, answering, following, policies, queries, rules
from portal.plans import events as happened
from portal.plans.models import Plan
from portal.plans.policies import Version
from portal.plans.rules import Wish
from portal.plans.states import PLAN, PlanStatus
from portal.web import i18n

S = PlanStatus
ACCEPT = "plan.accept"  # the act at level 3


def agree(plan: Plan, by: int | None) -> None:
    """The creditor says yes to the proposal: it is offered, with the amounts of today. Raises NotAllowedNow."""
    _offer_anew(plan, actions.wish_of(plan), actions.CREDITOR, by, S.OFFERED)
    _tell(plan, "plan_answered")


def counter(plan: Plan, wish: Wish, by: int | None, *, may_exceed: bool = False) -> None:
    """The creditor proposes other terms, which stand for a week. Raises NotAllowedNow for what is no schedule, and
    for a discount beyond the policy's unless `may_exceed`."""
    found = answering.room(plan)
    why_not = rules.why_not_discount(found.policy, min(plan.debt, found.debt), wish, may_exceed=may_exceed)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    _offer_anew(plan, wish, actions.CREDITOR, by, S.COUNTERED)
    _tell(plan, "plan_answered")


def take_counter(plan: Plan) -> None:
    """The customer takes what the creditor proposed, as they did: it is offered, to be accepted with a code."""
    cited = policies.version(plan.policy_number)
    _offer_anew(plan, actions.wish_of(plan), actions.CUSTOMER, None, S.OFFERED, cited)


def propose_again(plan: Plan, wish: Wish) -> None:
    """The customer answers a counter-proposal with another one."""
    if plan.status is not S.COUNTERED:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=plan.status.label))
    last = working_day_after(clock.today(actions.zone_now()), rules.ANSWER_DAYS)
    _offer_anew(plan, wish, actions.CUSTOMER, None, S.PROPOSED)
    plan.answer_by = datetime.combine(last, time(23, 59), ZoneInfo(actions.zone_now()))
    case = case_queries.about(kinds.PLAN, plan.id)
    if case is not None and case.status is not CaseStatus.CLOSED:
        cases.bring_back(case, plan.answer_by)
    db.session().flush()


_TERMS = {S.OFFERED: happened.PlanOffered, S.COUNTERED: happened.PlanCountered, S.PROPOSED: happened.PlanProposed}


def _offer_anew(  # noqa: PLR0917 - who puts which terms forward
    plan: Plan, wish: Wish, side: str, by: int | None, to: PlanStatus, version: Version | None = None
) -> None:
    """Terms with what is open now, frozen anew under the policy in force, or that `version`, which they cite."""
    items = invoice_queries.items(queries.item_ids(plan.id))
    invoices.lock(items)
    if not PLAN.may(plan, to):
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=plan.status.label))
    found = answering.room(plan, version)
    if len(found.items) != len(items):
        following.end(plan, S.VOID, happened.PlanVoided)
        return
    why_not = rules.why_no_schedule(found.debt, wish, found.today)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    plan.policy_number, plan.segment = found.version.number, found.segment
    plan.grace_days = found.policy.grace_days
    schedule, interest = found.schedule(wish)
    actions.freeze(plan, found.items, schedule, interest, wish.discount)
    actions.put(plan, wish, side, by)
    plan.answer_by = actions.stands_until(plan)
    PLAN.move(plan, to, actions.terms(_TERMS[to], plan, schedule, found.items))
    _hold_while_talking(plan, found.items)
    case = case_queries.about(kinds.PLAN, plan.id)
    if side == actions.CREDITOR and case is not None and case.status is CaseStatus.OURS:
        cases.hand_to_customer(case, act_by=plan.answer_by)
    db.session().flush()


def _hold_while_talking(plan: Plan, items: Sequence[Item]) -> None:
    zone = actions.zone_now()
    until = clock.day_of(plan.answer_by, zone) if plan.answer_by is not None else None
    for item in items:
        invoices.release(item.item_id, holds.PLAN_ASKED, source_id=plan.id)
        invoices.hold(item, holds.PLAN_ASKED, plan.id, until, zone)


def reject(plan: Plan) -> None:
    """The creditor does not agree; the customer is told whom to talk to (rule C-34)."""
    following.end(plan, S.REJECTED, happened.PlanRejected)
    cases.close_of(kinds.PLAN, plan.id, "rejected", by_hand=True)
    _tell(plan, "plan_answered")


def cancel(plan: Plan) -> None:
    """The customer takes back what was not accepted yet."""
    following.end(plan, S.CANCELLED, happened.PlanCancelled)
    cases.close_of(kinds.PLAN, plan.id, kinds.TAKEN_BACK)


def hear_left_to_staff(event: debtor_events.StepUpLeftToStaff | debtor_events.StepUpProved, _event_id: int) -> None:
    """The acceptance waits until the creditor's people have made sure who may sign (rule C-42): so long the offer
    stands, and nobody chases."""
    if event.action != ACCEPT or (
        isinstance(event, debtor_events.StepUpProved) and event.role != step_up_rules.OTHER
    ):
        return
    plan = _of_act(event.step_up_id)
    if plan is not None and plan.status is S.OFFERED:
        plan.answer_by = actions.stands_until(plan)
        PLAN.move(plan, S.PENDING, following.about(happened.PlanPending, plan))
        items = invoice_queries.items(queries.item_ids(plan.id))
        _hold_while_talking(plan, items)
        if case_queries.about(kinds.PLAN, plan.id) is None:  # somebody owns it, and by a day
            cases.open_case(
                kinds.PLAN,
                plan.debtor_id,
                visit_id=plan.visit_id,
                invoice_id=items[0].invoice_id,
                subject_id=plan.id,
            )
        db.session().flush()


def hear_not_signed(event: debtor_events.StepUpDeclined | debtor_events.StepUpLapsed, _event_id: int) -> None:
    """It could not be made sure who may sign: the plan does not stand, and a person talks with them."""
    plan = _of_act(event.step_up_id) if event.action == ACCEPT else None
    if plan is not None and plan.status is S.PENDING:
        reject(plan)


def _of_act(step_up_id: int) -> Plan | None:
    row = step_up_queries.one(step_up_id)
    spelled = row.kept.get("plan") if row is not None else None
    return queries.plan(ids.read(spelled), lock=True) if spelled else None


def _tell(plan: Plan, key: str) -> None:
    """With the day by which they answer, in their language."""
    case = case_queries.about(kinds.PLAN, plan.id)
    if case is None:
        return
    more: dict[str, Any] = {}
    if plan.answer_by is not None:
        with i18n.speaking(db.session().get_one(Debtor, plan.debtor_id).language):
            more["by"] = i18n.day(clock.day_of(plan.answer_by, actions.zone_now()))
    cases.tell(case, key, **more)
