"""Having the instalments paid by themselves: the mandate, a code, the provider's page, and stopping it at once."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import ids, installation
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.debtors.visits import answering, current
from portal.payments import checkout, methods, off_session, saved
from portal.payments.models import SavedMethod
from portal.payments.states import SavedStatus
from portal.plans import autopay, queries, tries
from portal.plans.models import Plan
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("plans_autopay", __name__)

ACTION = "plan.autopay"
KINDS = (methods.CARD, methods.SEPA_DEBIT)


def _own(plan_id: int, *, lock: bool = False) -> Plan:
    visit = answering()
    plan: Plan = only_own(queries.plan(plan_id, lock=lock))
    if plan.debtor_id != visit.debtor_id or (
        visit.invoice_id is not None and not queries.is_about_only(plan.id, visit.invoice_id)
    ):
        only_own(None)
    return plan


def _asked(plan: Plan) -> SavedMethod | None:
    """What was confirmed and is not saved yet."""
    found = saved.of(saved.Source(tries.PLAN, plan.id), SavedStatus.ASKED)
    return found[0] if found and saved.may_go_on(found[0]) else None


@blueprint.get("/plans/<id:plan_id>/automatic")
def show(plan_id: int) -> Any:
    """The two ways with their mandates; after the code the last step; after the provider's page what came of it."""
    plan = _own(plan_id)
    asked = _asked(plan)
    if asked is None and tries.in_use(plan.id) is not None:
        return redirect(url_for("plans_debtor.show_plan", plan_id=plan_id))
    return _page(plan, asked, Form())


def _page(plan: Plan, asked: SavedMethod | None, form: Form, wrong: str = "") -> Any:
    visit = current()
    refused = autopay.why_not(plan)
    rows, language = queries.asked(plan.id), i18n.language().code
    face = creditors.face(visit.creditor.id)
    page = render_template(
        "plans/debtor_autopay.html",
        title=i18n.gettext("Pay automatically"),
        refused=i18n.say(refused) if refused is not None else "",
        kinds=[(kind, autopay.mandate(face, plan, rows, kind, language).splitlines()) for kind in KINDS],
        asked=asked is not None,
        opened=asked is not None and asked.session_id is not None,
        wrong=wrong,
        start_url=url_for(".start", plan_id=plan.id),
        save_url=url_for(".save", plan_id=plan.id),
        stop_url=url_for(".stop", plan_id=plan.id),
        back_url=url_for("plans_debtor.show_plan", plan_id=plan.id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 503 if wrong else 200


@blueprint.post("/plans/<id:plan_id>/automatic")
def start(plan_id: int) -> Any:
    """The mandate of the way that was chosen is confirmed with a code (rules A.4, B-14)."""
    plan, form = _own(plan_id), Form()
    refused = autopay.why_not(plan)
    if refused is not None:
        raise NotAllowedNow(refused)
    kind = form.choice("kind", set(KINDS), t("Please choose one of the answers."))
    if kind is None:
        return _page(plan, None, form)
    kept = {"plan": ids.spell(plan.id), "kind": kind}
    row = step_up.begin(current(), ACTION, kept, i18n.language().code)
    return redirect(url_for("step_up_debtor.show", step_up_id=row.id), 303)


def terms(_debtor_id: int, kept: dict[str, Any], language: str) -> str:
    """The mandate word by word; once the plan has changed it has other words, so no code counts for it."""
    plan = queries.plan(ids.read(kept["plan"]))
    if plan is None or autopay.why_not(plan) is not None:
        return i18n.say(t("This cannot be done any more."), language)
    return autopay.mandate(creditors.face(plan.creditor_id), plan, queries.asked(plan.id), kept["kind"], language)


def perform(row: StepUp) -> None:
    plan = queries.plan(ids.read(row.kept["plan"]), lock=True)
    if plan is None:
        raise NotAllowedNow(t("This cannot be done any more."))
    autopay.confirm(plan, saved.Mandate(row.kept["kind"], row.terms_sha256, row.id, row.language))


def _url(row: StepUp) -> str:
    return url_for("plans_autopay.show", plan_id=ids.read(row.kept["plan"]))


step_up.register(
    step_up.Kind(
        action=ACTION,
        title=t("Pay the instalments automatically"),
        terms=terms,
        perform=perform,
        back_url=_url,
        done_url=_url,
    )
)


@blueprint.post("/plans/<id:plan_id>/automatic/save")
def save(plan_id: int) -> Any:
    """To the provider's page, where the card or the account is typed: we never see it (PCI)."""
    plan = _own(plan_id)
    asked = _asked(plan)
    if asked is None:
        raise NotAllowedNow(saved.NO_LONGER)
    back = installation.settings().public_url + url_for(".show", plan_id=plan_id)
    opened = off_session.open_page(asked, back, plan.currency)
    if opened.session_url is None:
        return _page(plan, opened, Form(), i18n.say(checkout.NO_ANSWER))
    return redirect(opened.session_url, 303)


@blueprint.post("/plans/<id:plan_id>/automatic/stop")
def stop(plan_id: int) -> Any:
    """At once, without a code and without a reason."""
    autopay.stop(_own(plan_id, lock=True))
    flash(i18n.gettext("Stopped. From now on you pay each instalment yourself."), "done")
    return redirect(url_for("plans_debtor.show_plan", plan_id=plan_id), 303)
