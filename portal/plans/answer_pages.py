"""The three answers to a proposal: yes, other terms, no. Each is told to the customer; two people at once are one."""

from typing import Any

from flask import flash, g, redirect, url_for

from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.people import queries as people
from portal.people.models import Staff
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.plans import answering, panels, talking
from portal.plans.models import Plan
from portal.plans.states import PlanStatus
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("plan_answers_creditor", __name__)

_SAY_WHY = t("Please say why. The customer reads it.")


def _own(plan_id: int) -> tuple[Plan, Case]:
    plan: Plan = only_own(answering.locked(plan_id))
    case: Case = only_own(case_queries.about(kinds.PLAN, plan.id))
    return plan, case


def _me() -> Staff:
    found: Staff = only_own(people.by_id(person().staff_id))
    return found


def _first(plan: Plan, case: Case, form: Form) -> None:
    """409 with who and when where a colleague, or the customer, was faster."""
    case_pages.unchanged(case, form)
    if plan.status is not PlanStatus.PROPOSED:
        raise NotAllowedNow(case_pages.who_was_faster(case))


def _told(plan: Plan, said: Text) -> Text:
    """With the day until which what was answered stands."""
    day = clock.day_of(plan.answer_by, person().creditor.time_zone) if plan.answer_by is not None else None
    return t(said.msgid, day=i18n.day(day) if day is not None else "")


def _done(plan: Plan, case: Case, sentence: Text) -> Any:
    if plan.status is PlanStatus.VOID:
        sentence = t("A part of it is not open any more, so nothing was agreed. The customer can choose again.")
    flash(i18n.say(sentence), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


@blueprint.post("/plans/<id:plan_id>/agree")
@allow(Permission.ANSWER)
def agree(plan_id: int) -> Any:
    """As proposed, with what is open today; the customer accepts it with a code."""
    plan, case = _own(plan_id)
    form = Form()
    _first(plan, case, form)
    words = form.text("agree_words", longest=MAX_WORDS)
    why_not = answering.why_not_agree(plan, may_go_beyond=person().may(Permission.BEYOND_POLICY))
    if why_not is not None:
        raise NotAllowedNow(why_not)
    if form.wrong:
        g.plan_form = form
        return case_pages.page(case, form)
    me = _me()
    cases.see(case, me.id)
    if words:
        cases.say(case, words, me)
    talking.agree(plan, me.id)
    return _done(plan, case, _told(plan, t("Done. The customer has been told, and has until %(day)s to accept it.")))


@blueprint.post("/plans/<id:plan_id>/counter")
@allow(Permission.ANSWER)
def counter(plan_id: int) -> Any:
    """Other terms, with the reason; they stand for a week, or until their first day."""
    plan, case = _own(plan_id)
    form = Form()
    found, may_go_beyond = answering.room(plan), person().may(Permission.BEYOND_POLICY)
    made = panels.proposed(plan.debt, form, found, may_exceed=may_go_beyond, may_go_beyond=may_go_beyond)
    words = form.text("reason", longest=MAX_WORDS, needed=_SAY_WHY)
    if made is None or form.wrong:
        g.plan_form, g.plan_preview = form, made
        return case_pages.page(case, form)
    _first(plan, case, form)
    me = _me()
    cases.say(case, words, me)
    talking.counter(plan, made.wish, me.id, may_exceed=may_go_beyond)
    return _done(plan, case, _told(plan, t("Done. The customer has been told, and has until %(day)s to answer.")))


@blueprint.post("/plans/<id:plan_id>/reject")
@allow(Permission.ANSWER)
def reject(plan_id: int) -> Any:
    """No, with the reason and with whom to talk to (rule C-34)."""
    plan, case = _own(plan_id)
    form = Form()
    words = form.text("why", longest=MAX_WORDS, needed=_SAY_WHY)
    if form.wrong:
        g.plan_form = form
        return case_pages.page(case, form)
    _first(plan, case, form)
    cases.say(case, words, _me())
    talking.reject(plan)
    return _done(plan, case, t("Done. The customer has been told, with whom to talk to."))
