"""Repayment plans and promises: read, and a proposal approved or declined."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select

from portal.api import preconditions, shapes
from portal.api.answers import listed
from portal.api.dispute_calls import AnswerIn
from portal.api.key_calls import caller
from portal.api.names import person_behind
from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.people.roles import Permission
from portal.plans import answering, queries, talking
from portal.plans.models import Plan
from portal.plans.states import PlanStatus
from portal.promises.models import Promise
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_plans", __name__, "Plans and promises")


class PlanOut(Schema):
    plan_id = fields.String(required=True)
    debtor_id = fields.String(required=True)
    status = fields.String(required=True)
    currency = fields.String(required=True)
    debt = fields.String(required=True, metadata={"description": "what was open of what it is about"})
    total = fields.String(required=True, metadata={"description": "what its instalments come to"})
    made_at = fields.String(required=True)
    accepted_at = fields.String(required=True, allow_none=True)
    answer_by = fields.String(required=True, allow_none=True)


class InstalmentOut(Schema):
    number = fields.Integer(required=True, metadata={"description": "0 is what is paid at the beginning"})
    due_on = fields.String(required=True)
    status = fields.String(required=True)
    amount = fields.String(required=True)
    paid = fields.String(required=True)


class PlanWithInstalments(PlanOut):
    instalments = fields.List(fields.Nested(InstalmentOut), required=True)


class PlansAsked(shapes.Paged):
    status = fields.String(validate=shapes.OneOf([one.value for one in PlanStatus]))
    debtor_id = shapes.Id()


class PromiseOut(Schema):
    promise_id = fields.String(required=True)
    debtor_id = fields.String(required=True)
    status = fields.String(required=True)
    pay_on = fields.String(required=True)
    amount = fields.String(required=True)
    paid = fields.String(required=True)
    currency = fields.String(required=True)
    made_at = fields.String(required=True)


class PromisesAsked(shapes.Paged):
    debtor_id = shapes.Id()


@blueprint.get("/plans")
@allow(Permission.READ)
@blueprint.arguments(PlansAsked, location="query")
@blueprint.response(200, shapes.paged(PlanOut, "Plans"))
def list_plans(asked: Mapping[str, Any]) -> Any:
    """Plans, the first made first; `status=proposed` are those that wait for you"""
    wanted = select(Plan)
    if "status" in asked:
        status = next(one for one in PlanStatus if one.value == asked["status"])
        wanted = wanted.where(Plan.status == status)
    if "debtor_id" in asked:
        wanted = wanted.where(Plan.debtor_id == asked["debtor_id"])
    return listed(wanted, Plan.id, asked, _said)


def _said(plan: Plan) -> dict[str, Any]:
    return {
        "plan_id": ids.spell(plan.id),
        "debtor_id": ids.spell(plan.debtor_id),
        "status": plan.status.public,
        "currency": plan.currency,
        "debt": plan.debt.plain,
        "total": plan.total.plain,
        "made_at": clock.iso(plan.made_at),
        "accepted_at": clock.iso(plan.accepted_at) if plan.accepted_at is not None else None,
        "answer_by": clock.iso(plan.answer_by) if plan.answer_by is not None else None,
    }


def _whole(plan: Plan) -> dict[str, Any]:
    instalments = [
        {
            "number": one.number,
            "due_on": one.due_on.isoformat(),
            "status": one.status.public,
            "amount": Money(one.amount_minor, plan.currency).plain,
            "paid": Money(one.paid_minor, plan.currency).plain,
        }
        for one in queries.instalments(plan.id)
    ]
    return {**_said(plan), "instalments": instalments}


@blueprint.get("/plans/<id:plan_id>")
@allow(Permission.READ)
@blueprint.response(200, PlanWithInstalments)
def show(plan_id: int) -> Any:
    """One plan with its instalments, and its ETag"""
    return preconditions.with_tag(_whole(only_own(queries.plan(plan_id))))


def _proposed(plan_id: int) -> Plan:
    """The plan, locked, as its reader knows it. Raises 409 where nobody waits for an answer any more."""
    plan: Plan = only_own(answering.locked(plan_id))
    preconditions.need(_whole(plan))
    if plan.status is not PlanStatus.PROPOSED:
        raise NotAllowedNow(t("Nobody waits for an answer to it: %(now)s.", now=plan.status.label))
    return plan


@blueprint.post("/plans/<id:plan_id>/approve")
@allow(Permission.ANSWER)
@blueprint.doc(**preconditions.MATCH)
@blueprint.response(200, PlanWithInstalments)
def approve(plan_id: int) -> Any:
    """Agrees to a plan as it was proposed, in the name of who made the key

    Within the policy alone; what lies beyond it, a manager decides on its page. The customer is told and accepts it
    with a code.
    """
    plan = _proposed(plan_id)
    me = person_behind(caller())
    why_not = answering.why_not_agree(plan, may_go_beyond=False)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    cases.see(only_own(case_queries.about(kinds.PLAN, plan.id)), me.id)
    talking.agree(plan, me.id)
    db.session().flush()
    return preconditions.with_tag(_whole(plan))


@blueprint.post("/plans/<id:plan_id>/decline")
@allow(Permission.ANSWER)
@blueprint.doc(**preconditions.MATCH)
@blueprint.arguments(AnswerIn)
@blueprint.response(200, PlanWithInstalments)
def decline(sent: Mapping[str, Any], plan_id: int) -> Any:
    """Says no, with the reason; the customer is told, with whom to talk to"""
    plan = _proposed(plan_id)
    cases.say(only_own(case_queries.about(kinds.PLAN, plan.id)), sent["words"], person_behind(caller()))
    talking.reject(plan)
    db.session().flush()
    return preconditions.with_tag(_whole(plan))


@blueprint.get("/promises")
@allow(Permission.READ)
@blueprint.arguments(PromisesAsked, location="query")
@blueprint.response(200, shapes.paged(PromiseOut, "Promises"))
def list_promises(asked: Mapping[str, Any]) -> Any:
    """The days on which customers said they will pay, the first said first"""
    wanted = select(Promise)
    if "debtor_id" in asked:
        wanted = wanted.where(Promise.debtor_id == asked["debtor_id"])
    return listed(wanted, Promise.id, asked, _promise)


def _promise(one: Promise) -> dict[str, Any]:
    return {
        "promise_id": ids.spell(one.id),
        "debtor_id": ids.spell(one.debtor_id),
        "status": one.status.public,
        "pay_on": one.pay_on.isoformat(),
        "amount": one.amount.plain,
        "paid": Money(one.paid_minor, one.currency).plain,
        "currency": one.currency,
        "made_at": clock.iso(one.made_at),
    }
