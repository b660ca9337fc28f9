"""One plan: every amount and day of it, accepting it with a code, living with it, changing it, taking it back."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.cases import actions as cases
from portal.cases import kinds, numbers
from portal.cases import queries as case_queries
from portal.core import clock, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.debtors.visits import Current, answering, current
from portal.invoices import queries as invoice_queries
from portal.payments import transfer_pages
from portal.plans import (
    accepting,
    actions,
    agreement,
    autopay_presenting,
    following,
    policies,
    presenting,
    queries,
    rules,
    talking,
)
from portal.plans import answering as answers
from portal.plans.forms import WishForm
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED, TALKING, InstalmentStatus, PlanStatus
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("plans_debtor", __name__)

ACTION = talking.ACCEPT
CHOOSE = "plan_choice_debtor.show"
S = PlanStatus


def reaches(visit: Current, plan: Plan) -> bool:
    """A link to one document shows a plan that is about it alone (rule A-07)."""
    return visit.invoice_id is None or queries.is_about_only(plan.id, visit.invoice_id)


def own(plan_id: int, *, lock: bool = False) -> Plan:
    visit = answering()
    plan: Plan = only_own(queries.plan(plan_id, lock=lock))
    if not reaches(visit, plan):
        only_own(None)
    return plan


@blueprint.get("/plans/<id:plan_id>")
def show_plan(plan_id: int) -> Any:
    return _page(own(plan_id), Form())


def _page(plan: Plan, form: Form) -> Any:
    visit = current()
    today = clock.today(visit.creditor.time_zone)
    items = invoice_queries.items(queries.item_ids(plan.id))
    rows = queries.asked(plan.id) if plan.status in {*presenting.DONE, S.OFFERED, S.COUNTERED, S.PROPOSED,
                                                     S.PENDING} else []  # fmt: skip
    agreed = plan.status in AGREED
    case = case_queries.about(kinds.PLAN, plan.id)
    policy = policies.version(plan.policy_number).segments[plan.segment]
    may_take_back = plan.status is S.ACCEPTED and plan.active_from is not None and clock.now() < plan.active_from
    ahead = following.ahead_of(rows, today) if agreed else 0
    page = render_template(
        "plans/debtor_plan.html",
        title=i18n.gettext("Your plan"),
        heading=presenting.heading(plan, visit.creditor),
        kind="done" if plan.status in presenting.DONE else "waiting",
        status=plan.status.value,
        steps=presenting.what_now(plan, visit.creditor),
        facts=presenting.facts(plan, items),
        answer=presenting.answer(plan, case),
        next=presenting.next_card(plan, rows, items, today) if agreed else None,
        autopay=autopay_presenting.block(plan, rows),
        progress=presenting.progress(plan, rows) if plan.status in presenting.DONE else None,
        rows=[presenting.row(one, plan) for one in rows],
        effects=[i18n.say(one) for one in agreement.effects(plan)],
        acknowledgement=agreement.acknowledgement(_face(visit), plan, i18n.language().code)
        if plan.status is S.OFFERED and policy.acknowledgement != policies.NEVER
        else "",
        acknowledgement_needed=policy.acknowledgement == policies.MUST,
        accept_url=url_for(".accept", plan_id=plan.id) if plan.status is S.OFFERED else None,
        take_url=url_for(".take", plan_id=plan.id) if plan.status is S.COUNTERED else None,
        cancel_url=url_for(".cancel", plan_id=plan.id) if plan.status in TALKING else None,
        take_back_url=url_for(".take_back", plan_id=plan.id) if may_take_back else None,
        other_url=url_for(CHOOSE, again=1) if plan.status is S.OFFERED else None,
        counter_url=url_for(".propose_again", plan_id=plan.id) if plan.status is S.COUNTERED else None,
        early_url=presenting.early_url(plan, rows, items) if agreed else None,
        ahead=i18n.money(type(plan.total)(ahead, plan.currency)) if ahead else "",
        recut_url=url_for(".recut", plan_id=plan.id) if ahead else None,
        moves=_moves(plan, rows, policy, today) if agreed else [],
        move_url=url_for(".move", plan_id=plan.id),
        again_url=url_for(CHOOSE, again=1) if plan.status in presenting.AGAIN else None,
        change_url=url_for(CHOOSE, of=ids.spell(plan.id)) if agreed else None,
        paper_url=url_for("plan_papers_debtor.download_pdf", plan_id=plan.id)
        if plan.accepted_at is not None
        else None,
        help_url=url_for("cases_debtor.show_help"),
        call_url=url_for("calls_debtor.show"),
        case_url=url_for("cases_debtor.show_case", case_id=case.id) if case is not None else None,
        reference=numbers.spoken(case.number) if case is not None else "",
        errors=form.errors,
        error_of=dict(form.errors),
        typed=form.typed,
    )
    return page, 422 if form.wrong else 200


def _face(visit: Current) -> Any:
    return creditors.face(visit.creditor.id)


def _moves(plan: Plan, rows: list[Instalment], policy: policies.Policy, today: Any) -> list[tuple[str, str]]:
    """The instalments that may still be moved, for a list to choose from."""
    return [
        (ids.spell(one.id), i18n.say(agreement.row_text(one, plan.currency)))
        for one in rows
        if one.status in {InstalmentStatus.SCHEDULED, InstalmentStatus.DUE, InstalmentStatus.PART_PAID}
        and policy.move_days
        and one.moved_from is None
        and one.due_on >= today
    ][:12]


@blueprint.post("/plans/<id:plan_id>/accept")
def accept(plan_id: int) -> Any:
    """Two separate acts, neither ticked beforehand; then terms, signature and code (rules C-40, C-42)."""
    plan, visit, form = own(plan_id, lock=True), current(), Form()
    why_not = accepting.why_not(plan)
    if plan.status is not S.OFFERED:
        why_not = t("This cannot be done any more: it is %(now)s.", now=plan.status.label)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    policy = policies.version(plan.policy_number).segments[plan.segment]
    if form.text("accept", longest=10) != "yes":
        form.wrong["accept"] = t("Please tick that you accept the plan, or choose another way below.")
    acknowledged = form.text("acknowledge", longest=10) == "yes" and policy.acknowledgement != policies.NEVER
    if policy.acknowledgement == policies.MUST and not acknowledged:
        form.wrong["acknowledge"] = t("%(creditor)s agrees plans only with this. If you do not want it, talk to us.",
                                      creditor=visit.creditor.display_name)  # fmt: skip
    if form.wrong:
        return _page(plan, form)
    kept = {"plan": ids.spell(plan.id), "acknowledged": acknowledged}
    row = step_up.begin(visit, ACTION, kept, i18n.language().code)
    return redirect(url_for("step_up_debtor.show", step_up_id=row.id), 303)


def terms(_debtor_id: int, kept: dict[str, Any], language: str) -> str:
    """What is accepted, word by word; a plan that is no longer offered has other words, so no code counts for it."""
    plan = queries.plan(ids.read(kept["plan"]))
    if plan is None or plan.status not in {S.OFFERED, S.PENDING}:
        return i18n.say(t("This plan is not offered any more."), language)
    face = creditors.face(plan.creditor_id)
    items = following.items_of(plan)
    said = agreement.text(face, plan, items, queries.asked(plan.id), language)
    if kept["acknowledged"]:
        said += "\n" + agreement.acknowledgement(face, plan, language)
    return said


def perform(row: StepUp) -> None:
    plan = queries.plan(ids.read(row.kept["plan"]), lock=True)
    if plan is None:
        raise NotAllowedNow(t("This plan is not offered any more."))
    accepting.accept(
        plan, acknowledged=bool(row.kept["acknowledged"]), step_up_id=row.id, terms_sha256=row.terms_sha256
    )


def _plan_url(row: StepUp) -> str:
    return url_for("plans_debtor.show_plan", plan_id=ids.read(row.kept["plan"]))


step_up.register(
    step_up.Kind(
        action=ACTION,
        title=t("Accept the plan"),
        terms=terms,
        perform=perform,
        back_url=_plan_url,
        done_url=_plan_url,
    )
)


@blueprint.post("/plans/<id:plan_id>/take")
def take(plan_id: int) -> Any:
    """What the creditor proposed is taken: it is offered, to be accepted with a code."""
    talking.take_counter(own(plan_id, lock=True))
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@blueprint.post("/plans/<id:plan_id>/again")
def propose_again(plan_id: int) -> Any:
    """Another proposal in answer to the creditor's."""
    plan, visit = own(plan_id, lock=True), current()
    read = WishForm.read(plan.debt, lambda wish: answers.room(plan).schedule(wish)[0])
    words = read.form.text("words", longest=MAX_WORDS)
    if read.wish is None or read.form.wrong:
        return _page(plan, read.form)
    today = clock.today(visit.creditor.time_zone)
    wrong = rules.why_no_schedule(plan.debt, read.wish, today)
    if wrong is not None:
        read.form.wrong["first_on"] = wrong
        return _page(plan, read.form)
    talking.propose_again(plan, read.wish)
    case = case_queries.about(kinds.PLAN, plan.id)
    if case is not None and words:
        cases.write(visit, case, words)
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@blueprint.post("/plans/<id:plan_id>/cancel")
def cancel(plan_id: int) -> Any:
    plan = own(plan_id, lock=True)
    if plan.status not in TALKING:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=plan.status.label))
    talking.cancel(plan)
    return redirect(url_for("home_debtor.show"), 303)


@blueprint.post("/plans/<id:plan_id>/take-back")
def take_back(plan_id: int) -> Any:
    accepting.take_back(own(plan_id, lock=True))
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@blueprint.post("/plans/<id:plan_id>/rest")
def recut(plan_id: int) -> Any:
    """Somebody paid ahead: sooner done, or less each time."""
    plan, form = own(plan_id, lock=True), Form()
    how = form.choice("how", {following.SHORTER, following.LOWER}, t("Please choose one of the answers."))
    if how is None:
        return _page(plan, form)
    following.recut(plan, how)
    flash(i18n.gettext("Done. Your plan shows the new amounts."), "done")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@blueprint.post("/plans/<id:plan_id>/move")
def move(plan_id: int) -> Any:
    """One instalment to a later day, once."""
    plan, form = own(plan_id, lock=True), Form()
    spelled_id, day = form.text("instalment", longest=20), form.day("to")
    rows = {ids.spell(one.id): one for one in queries.asked(plan.id)}
    row = rows.get(spelled_id)
    if row is None:
        form.wrong["instalment"] = t("Please choose an instalment.")
    if day is None and "to" not in form.wrong:
        form.wrong["to"] = t("Please choose the new day.")
    if row is not None and day is not None and not form.wrong:
        policy = policies.version(plan.policy_number).segments[plan.segment]
        today = clock.today(current().creditor.time_zone)
        why_not = rules.why_not_move(
            policy, row.due_on, row.moved_from, day, today, actions.last_day_of(plan, policy)
        )
        if why_not is not None:
            form.wrong["to"] = why_not
    if form.wrong or row is None or day is None:
        return _page(plan, form)
    actions.move_instalment(plan, row, day)
    flash(i18n.gettext("Done. The instalment has its new day."), "done")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@blueprint.get("/plans/<id:plan_id>/instalments/<id:instalment_id>/transfer")
def show_transfer(plan_id: int, instalment_id: int) -> Any:
    """One instalment by bank transfer: its own reference, its own code."""
    plan = own(plan_id)
    row: Instalment = only_own(next((one for one in queries.asked(plan.id) if one.id == instalment_id), None))
    items = [item for item in invoice_queries.items(queries.item_ids(plan.id)) if item.is_open]
    left = type(plan.total)(row.amount_minor - row.paid_minor, plan.currency)
    if not items or not left or plan.status not in AGREED:
        return redirect(url_for(".show_plan", plan_id=plan_id), 303)
    title = i18n.say(agreement.row_text(row, plan.currency))
    return transfer_pages.agreed_page(items, left, row.reference, title, url_for(".show_plan", plan_id=plan_id))
