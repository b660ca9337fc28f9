"""What a proposal comes to when it is answered now: the room, the schedule, and who may say yes to it."""

from dataclasses import dataclass
from datetime import date

from portal.cases import actions as cases
from portal.cases import kinds
from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.debtors import letters
from portal.debtors.models import Debtor
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.plans import actions, bounds, policies, queries, rules
from portal.plans import events as happened
from portal.plans.actions import Room
from portal.plans.models import Plan
from portal.plans.policies import Policy, Version
from portal.plans.rules import Wish
from portal.plans.schedules import Schedule

VOID = "plan_void"  # what tells that terms do not stand any more


@dataclass(frozen=True, slots=True)
class Answer:
    """Terms as they would be agreed now. `wrong`: nobody could agree them; `beyond`: they lie outside the policy."""

    wish: Wish
    schedule: Schedule | None
    interest: Money
    wrong: Text | None
    beyond: Text | None


def room(plan: Plan, version: Version | None = None) -> Room:
    """What is open of the plan's due items now, under the policy in force or a version of before."""
    debtor = db.session().get_one(Debtor, plan.debtor_id)
    former = queries.plan(plan.replaces_id) if plan.replaces_id is not None else None
    return actions.room(debtor, invoice_queries.items(queries.item_ids(plan.id)), former, version)


def answer(found: Room, wish: Wish) -> Answer:
    nothing = Money(0, found.debt.currency)
    wrong = rules.why_no_schedule(found.debt, wish, found.today) if found.debt else None
    if wrong is not None or not found.debt:
        return Answer(wish, None, nothing, wrong, None)
    schedule, interest = found.schedule(wish)
    return Answer(wish, schedule, interest, None, bounds.why_beyond(found.policy, found.debt, wish, found.today))


def why_not_agree(plan: Plan, *, may_go_beyond: bool) -> Text | None:
    """Why who may, or may not, go beyond the policy cannot agree to the plan as it was proposed, or None."""
    now = answer(room(plan), actions.wish_of(plan))
    return now.wrong or bounds.why_not_yours(now.beyond, may_go_beyond=may_go_beyond)


def why_asked(plan: Plan, found: Room, said_on: date) -> list[Text]:
    """Why the portal did not agree it by itself, under the version that it cites, on the day of the proposal."""
    policy = cited(plan)
    whys = (
        rules.why_a_person(policy, found.standing),
        rules.why_outside(policy, plan.debt, actions.wish_of(plan), said_on),
    )
    return [one for one in whys if one is not None]


def cited(plan: Plan) -> Policy:
    """The bounds of the version that the plan cites."""
    return policies.version(plan.policy_number).segments[plan.segment]


def locked(plan_id: int) -> Plan | None:
    """The plan with its due items, in the order in which the books lock them."""
    if queries.plan(plan_id) is None:
        return None
    invoices.lock(invoice_queries.items(queries.item_ids(plan_id)))
    return queries.plan(plan_id, lock=True)


def hear_ended(event: happened.PlanVoided | happened.PlanCancelled | happened.PlanExpired, _event_id: int) -> None:
    """Nothing is left to be answered of a plan that ended by itself, so nobody is asked to. Void terms are told."""
    if isinstance(event, happened.PlanVoided):
        tell_void(event.plan_id)
    ends = {happened.PlanExpired: "not_answered", happened.PlanVoided: kinds.ANSWERED}
    cases.close_of(kinds.PLAN, event.plan_id, ends.get(type(event), kinds.TAKEN_BACK))


def tell_void(plan_id: int) -> None:
    """Terms that were ready do not stand any more: the page says why and lets them choose again. With nothing left
    to choose about, nothing is said."""
    plan = queries.plan(plan_id)
    if plan is not None and any(item.is_open for item in invoice_queries.items(queries.item_ids(plan.id))):
        letters.tell(VOID, plan.debtor_id, invoice_id=plan.invoice_id, params={"plan": ids.spell(plan.id)})


def said_on(plan: Plan) -> date:
    """The day on which the terms that stand now were put forward."""
    zone = creditors.face(scope.current().creditor_id).time_zone
    return clock.day_of(queries.rounds(plan.id)[-1].said_at, zone)
