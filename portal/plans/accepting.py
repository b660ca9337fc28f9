"""Accepting a plan with a code, and taking it back within the day (rules B-73, C-44, C-45)."""

from collections.abc import Sequence

from portal.cases import actions as cases
from portal.cases import kinds
from portal.core import clock, db
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.plans import actions, following, queries, rules
from portal.plans import events as happened
from portal.plans.models import Plan
from portal.plans.states import PLAN, PlanStatus
from portal.silence import queries as silence

S = PlanStatus


def why_not(plan: Plan) -> Text | None:
    """Why it cannot be accepted now, or None: facts have changed since it was shown, also while it waited for who may
    sign (rules B-73, C-45), or its days are over."""
    if plan.status not in {S.OFFERED, S.PENDING}:
        return t("This cannot be done any more: it is %(now)s.", now=plan.status.label)
    items = following.items_of(plan)
    held = invoice_queries.holds_now([item.item_id for item in items])
    if any(one.reason in actions.CONTESTED for several in held.values() for one in several):
        return t("Something about it is being looked into. As soon as that is settled, a plan can be made.")
    return _why_not_these(plan, items)


def _why_not_these(plan: Plan, items: Sequence[Item]) -> Text | None:
    """Why its due items, as they stand now, cannot be agreed upon any more."""
    if any(item.reserved_by is not None for item in items):
        return t("A payment of it is open right now. When it is through, or stopped, a plan can be made.")
    if sum(item.open.minor for item in items if not item.withdrawn) != plan.debt_minor:
        return t("What is open has changed since. Please choose again: it takes a minute.")
    if silence.any_barred(items):
        return rules.TOO_OLD
    if is_too_late(plan):
        return t("The time for accepting it is over. Please choose again: then its days begin anew.")
    return None


def is_too_late(plan: Plan) -> bool:
    """Its first day is over, or the time in which it stood: nobody begins a plan late."""
    over = plan.answer_by is not None and plan.answer_by < clock.now()
    return over or queries.asked(plan.id)[0].due_on < clock.today(actions.zone_now())


def accept(plan: Plan, *, acknowledged: bool, step_up_id: int, terms_sha256: str) -> None:
    """The code was right, or who may sign was made sure of: the plan stands, and may be taken back for a day.

    Whatever else was named for its due items, a day or a proposal, gives way to it. Raises NotAllowedNow.
    """
    refused = why_not(plan)
    if refused is not None:
        raise NotAllowedNow(refused)
    items = invoice_queries.items(queries.item_ids(plan.id))
    invoices.lock(items)
    now, zone = clock.now(), actions.zone_now()
    plan.acknowledged, plan.step_up_id = acknowledged, step_up_id
    plan.accepted_at, plan.active_from, plan.answer_by = now, now + rules.TAKE_BACK, None
    rows = queries.asked(plan.id)
    accepted = following.about(
        happened.PlanAccepted, plan, instalments=len(rows), first_on=rows[0].due_on, last_on=rows[-1].due_on,
        acknowledged=acknowledged, terms_sha256=terms_sha256,
    )  # fmt: skip
    PLAN.move(plan, S.ACCEPTED, accepted)
    if plan.interest_minor:  # before the former plan's goes: so what is open is never less than the instalments
        following.book_interest(plan)
    if plan.replaces_id is not None:
        _replace(plan.replaces_id, plan)
    for item in items:
        invoices.release(item.item_id, holds.PLAN_ASKED, holds.PLAN, source_id=plan.id)
        invoices.hold(item, holds.PLAN, plan.id, None, zone)
    cases.close_of(kinds.PLAN, plan.id, "agreed")
    db.session().flush()
    following.follow(plan.id)


def _replace(former_id: int, plan: Plan) -> None:
    former = queries.plan(former_id, lock=True)
    if former is not None and PLAN.may(former, S.RENEGOTIATED):
        following.end(former, S.RENEGOTIATED, happened.PlanRenegotiated, by_plan_id=plan.id)
    for line in queries.lines(plan.id):
        line.is_open = True
    db.session().flush()


def take_back(plan: Plan) -> None:
    """Within a day of accepting, without a reason; what was paid stays paid, and a plan that it had changed stands
    again (rule C-44). Raises NotAllowedNow."""
    if plan.status is not S.ACCEPTED or plan.active_from is None or clock.now() >= plan.active_from:
        raise NotAllowedNow(t("The day for taking it back is over. Please talk to us if something has changed."))
    following.end(plan, S.WITHDRAWN, happened.PlanWithdrawn)
    if plan.replaces_id is not None:
        following.resume(plan.replaces_id)
