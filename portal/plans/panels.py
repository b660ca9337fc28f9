"""What a plan adds to the page of its case, for the creditor's people and for the customer."""

from typing import Any

from flask import current_app, g, request, url_for

from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core import clock
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors.visits import current
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.plans import actions, agreement, answer_forms, answering, bounds, history, queries, rules, staff_words
from portal.plans.actions import Room
from portal.plans.answering import Answer
from portal.plans.models import Plan
from portal.plans.states import AGREED, TALKING, PlanStatus
from portal.web import i18n
from portal.web.forms import Form

S = PlanStatus


def for_staff(case: Case) -> Panel | None:
    """The proposal with its schedule, why a person decides, the customer's record, and the three answers."""
    plan = queries.plan(case.subject_id or 0)
    if plan is None:
        return None
    zone = person().creditor.time_zone
    found = answering.room(plan) if plan.status in TALKING else None
    now = answering.answer(found, actions.wish_of(plan)) if found is not None else None
    may = plan.status is S.PROPOSED and person().may(Permission.ANSWER)
    facts = [
        (i18n.gettext("How it stands"), i18n.say(plan.status.label)),
        (i18n.gettext("Terms"), staff_words.terms(actions.wish_of(plan))),
        (i18n.gettext("In all"), i18n.money(plan.total)),
        (i18n.gettext("Policy"), i18n.say(t("version %(number)s", number=plan.policy_number))),
    ]
    if plan.answer_by is not None:
        facts.append((i18n.gettext("Answer by"), i18n.moment(plan.answer_by, zone)))
    return Panel(
        "plans/staff_panel.html",
        {
            "facts": facts,
            "schedule": _schedule(plan, now),
            "changed": _changed(plan, now, found),
            "why": [i18n.say(one) for one in answering.why_asked(plan, found, answering.said_on(plan))]
            if found is not None and plan.status is S.PROPOSED
            else [],
            "history": history.facts(plan, clock.today(zone)),
            "before": history.before(plan, zone),
            "plan_url": url_for("plans_creditor.show", plan_id=plan.id),
            "sure_url": url_for("doors_creditor.show_waiting") if plan.status is S.PENDING else None,
            "version": case.version,
            "every": [(key, i18n.say(label)) for key, label in agreement.EVERY.items()],
            **(_answers(case, plan, found, now) if may and found is not None and now is not None else _NO_ANSWERS),
        },
        leaves_closing=plan.status not in {*TALKING, *AGREED},
    )


_NO_ANSWERS: dict[str, Any] = {
    "agree_url": None, "why_not_agree": "", "preview_url": None, "counter_url": None, "reject_url": None,
    "typed": {}, "error_of": {}, "preview": None,
}  # fmt: skip


def _schedule(plan: Plan, now: Answer | None) -> list[tuple[str, str]]:
    """What would be agreed now; once nothing is talked about, what was."""
    if now is not None and now.schedule is not None:
        return staff_words.schedule(now.schedule)
    rows = staff_words.rows(queries.asked(plan.id), plan.currency)
    return [(f"{row['number']} · {row['on']}", row["amount"]) for row in rows]


def _changed(plan: Plan, now: Answer | None, found: Room | None) -> str:
    if found is None or now is None or found.debt == plan.debt:
        return ""
    return i18n.say(
        t("When it was proposed, %(then)s were open; now it is %(now)s. What you answer goes by that.",
          then=i18n.money(plan.debt), now=i18n.money(found.debt))
    )  # fmt: skip


def _answers(case: Case, plan: Plan, found: Room, now: Answer) -> dict[str, Any]:
    beyond_is_theirs = person().may(Permission.BEYOND_POLICY)
    why_not = now.wrong or bounds.why_not_yours(now.beyond, may_go_beyond=beyond_is_theirs)
    form: Form | None = g.get("plan_form")
    preview = None
    if form is None and request.args.get("instalments") is not None:
        form = Form()
        preview = proposed(plan.debt, form, found, may_exceed=beyond_is_theirs, may_go_beyond=beyond_is_theirs)
    elif form is not None:
        preview = g.get("plan_preview")
    words = dict.fromkeys(("agree_words", "reason", "why"), "")
    typed = {**words, **answer_forms.typed(now.wish, found.today), **(form.typed if form is not None else {})}
    return {
        "agree_url": url_for("plan_answers_creditor.agree", plan_id=plan.id) if why_not is None else None,
        "why_not_agree": i18n.say(why_not) if why_not is not None else "",
        "beyond": i18n.say(now.beyond) if now.beyond is not None else "",
        "preview_url": url_for("cases_creditor.show", case_id=case.id),
        "counter_url": url_for("plan_answers_creditor.counter", plan_id=plan.id),
        "reject_url": url_for("plan_answers_creditor.reject", plan_id=plan.id),
        "typed": typed,
        "error_of": dict(form.errors) if form is not None else {},
        "preview": preview_of(preview) if preview is not None else None,
    }


def proposed(debt: Money, form: Form, found: Room, *, may_exceed: bool, may_go_beyond: bool) -> Answer | None:
    """Terms as they were typed, with their schedule; None where the form says what to mend.

    `debt` bounds a discount, which goes beyond the policy's where one `may_exceed` it."""
    wish = answer_forms.wish(form, found.debt.currency)
    if wish is None:
        return None
    too_much = rules.why_not_discount(found.policy, min(debt, found.debt), wish, may_exceed=may_exceed)
    if too_much is not None:
        form.wrong["discount"] = too_much
        return None
    if wish.down is not None and wish.discount is not None and wish.down + wish.discount >= found.debt:
        form.wrong["down"] = t("The first payment has to be less than the whole.")
        return None
    made = answering.answer(found, wish)
    if made.wrong is not None:
        form.wrong[answer_forms.field_of(made.wrong)] = made.wrong
        return None
    not_theirs = bounds.why_not_yours(made.beyond, may_go_beyond=may_go_beyond)
    if not_theirs is not None:
        form.wrong["instalments"] = not_theirs
        return None
    return made


def preview_of(made: Answer) -> dict[str, Any]:
    """What is shown of terms before they are put forward."""
    assert made.schedule is not None
    return {
        "terms": staff_words.terms(made.wish),
        "schedule": staff_words.schedule(made.schedule),
        "interest": i18n.money(made.interest) if made.interest else "",
        "beyond": i18n.say(made.beyond) if made.beyond is not None else "",
        "fields": list(answer_forms.typed(made.wish, made.wish.first_on).items()),
    }


def for_customer(case: Case) -> Panel | None:
    """What they proposed or were offered, how it stands, what they may do; a human by name whatever was answered."""
    plan = queries.plan(case.subject_id or 0)
    if plan is None:
        return None
    visit = current()
    face, zone = visit.creditor, visit.creditor.time_zone
    by = i18n.day(clock.day_of(plan.answer_by, zone)) if plan.answer_by is not None else ""
    said, label = _SAID.get(plan.status, (t("It has ended."), None))
    road = _plan_url(plan) if label is not None else None
    return Panel(
        "plans/customer_panel.html",
        {
            "said": i18n.say(t(said.msgid, creditor=face.display_name, day=by)),
            "ended": plan.status is S.REJECTED,
            "terms": staff_words.terms(actions.wish_of(plan)),
            "total": i18n.money(plan.total),
            "schedule": _schedule(plan, None) if plan.status is not S.REJECTED else [],
            "plan_url": road,
            "plan_label": i18n.say(label) if label is not None else "",
            "human": human(face) if plan.status in {S.REJECTED, S.COUNTERED, S.EXPIRED, S.VOID} else "",
        },
    )


_SAID: dict[PlanStatus, tuple[Text, Text | None]] = {
    S.PROPOSED: (t("A person at %(creditor)s looks at it and answers you by %(day)s."), t("What you proposed")),
    S.COUNTERED: (
        t("%(creditor)s proposes something else. You have until %(day)s to answer."),
        t("Look at it and answer"),
    ),
    S.OFFERED: (t("%(creditor)s agrees. You can accept it until %(day)s."), t("Read it and accept")),
    S.PENDING: (t("It waits for whoever may sign for you, until %(day)s."), t("Look at it")),
    S.ACCEPTED: (t("It is agreed."), t("Your plan")),
    S.ACTIVE: (t("It is agreed."), t("Your plan")),
    S.COMPLETED: (t("It is paid in full. Thank you."), t("Your plan")),
    S.REJECTED: (t("A person at %(creditor)s has looked at it. Like this it does not work for them."), None),
    S.EXPIRED: (t("The time to answer is over. Nothing was agreed."), None),
    S.VOID: (t("What is open has changed since. Please choose again: it takes a minute."), None),
    S.CANCELLED: (t("You took it back, or chose something else."), None),
}


def _plan_url(plan: Plan) -> str | None:
    """The customer's own page of the plan."""
    endpoint = "plans_debtor.show_plan"
    return url_for(endpoint, plan_id=plan.id) if endpoint in current_app.view_functions else None


def human(face: Face) -> str:
    """Whom to talk to, by name where there is one (rule C-34)."""
    name, phone = face.contact_name or face.display_name, i18n.phone(face.phone) if face.phone else ""
    if phone and face.hours:
        said = t("%(name)s looks for another way with you: %(phone)s, %(hours)s. Or write below.", name=name,
                 phone=phone, hours=face.hours)  # fmt: skip
    elif phone:
        said = t("%(name)s looks for another way with you: %(phone)s. Or write below.", name=name, phone=phone)
    else:
        said = t("%(name)s looks for another way with you. Please write below.", name=name)
    return i18n.say(said)
