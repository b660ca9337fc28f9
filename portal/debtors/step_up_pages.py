"""The pages of an act at level 3: the terms and who signs, the code, and what came of it; nothing typed is lost."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.core import db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors import entry_pages, held, policies, queries, step_up, step_up_queries, step_up_rules, visits
from portal.debtors.models import Debtor, StepUp
from portal.debtors.states import StepUpStatus
from portal.debtors.visits import answering, current
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own, without_visit

blueprint = debtor_blueprint("step_up_debtor", __name__)

_WHY_VOID: dict[str, Text] = {
    step_up.TRIES_USED: t("Five times it was not the code. For your safety this one is closed."),
    step_up.RAN_OUT: t("Nobody went on with it for a day, so it is closed."),
    step_up.CONTACT_STOPPED: t("Where this code went, nothing goes any more. Please start again for another one."),
    step_up.TERMS_CHANGED: t("Something has changed since we showed you the text. Please look at it again."),
}


def _own(step_up_id: int, *, or_goes_on: bool = False) -> StepUp:
    """The act, if this very visit began it (rule A-42); a wider visit of the same debtor hears why not.

    `or_goes_on`: also one whose visit ran out, for whoever came through the same link again.
    """
    visit = answering()
    row: StepUp = only_own(step_up_queries.one(step_up_id))
    if row.visit_id != visit.id and not (or_goes_on and step_up_queries.goes_on_from(row, visit.id, visit.link_id)):
        if visit.invoice_id is not None:
            only_own(None)
        raise NotAllowedNow(t("This was begun in another visit. Please start again here."))
    return row


def _to_the_gate() -> Any:
    """The visit has run out: the gate asks again, and then this act goes on with everything that was typed."""
    act: dict[str, Any] = request.view_args or {}
    return entry_pages.back_through_the_gate(url_for(".show", **act), typed_for=url_for(".begin_again", **act))


@blueprint.get("/confirm/<id:step_up_id>")
@without_visit(_to_the_gate)
def show(step_up_id: int) -> Any:
    return _page(_own(step_up_id, or_goes_on=True), Form())


def _page(row: StepUp, form: Form, status: int | None = None) -> Any:
    if row.visit_id != current().id:
        page = _end_page(row)  # of a visit that ran out: what came of it, or the button to go on
    elif row.status is StepUpStatus.SHOWN:
        page = _sign_page(row, form)
    elif row.status is StepUpStatus.CODE_SENT:
        page = _code_page(row, form)
    else:
        page = _end_page(row)
    return page, status or (422 if form.wrong else 200)


def _common(row: StepUp, form: Form) -> dict[str, Any]:
    kind = step_up.KINDS[row.action]
    return {
        "title": i18n.say(kind.title),
        "terms": row.terms_text.split("\n"),
        "terms_lang": row.language,
        "back_url": kind.back_url(row),
        "errors": form.errors,
        "error_of": dict(form.errors),
    }


def _sign_page(row: StepUp, form: Form) -> Any:
    debtor = db.session().get_one(Debtor, row.debtor_id)
    goes_to = step_up_queries.target(debtor, current().link_id, policies.policy())
    typed = form.typed
    return render_template(
        "debtors/step_up.html",
        sign_url=url_for(".sign", step_up_id=row.id),
        name=typed.get("name", row.signer_name or ""),
        role=typed.get("role", row.signer_role or ""),
        roles=[(value, i18n.say(label), "") for value, label in step_up_rules.roles_for(debtor.kind).items()],
        statement=i18n.say(step_up_rules.STATEMENT),
        stated=typed.get("statement") == "yes",
        goes_to=queries.masked(goes_to.contact.address) if goes_to is not None else "",
        by_text=goes_to is not None and goes_to.contact.channel == step_up_rules.MOBILE,
        **_common(row, form),
    )


def _code_page(row: StepUp, form: Form) -> Any:
    contact = step_up_queries.contact(row.contact_point_id)
    if not form.wrong and row.wrong_at is not None:
        left = step_up_rules.MAX_TRIES - row.tries
        form.wrong["code"] = t("That is not the code, or it has run out. Tries left: %(left)s.", left=left)
    return render_template(
        "debtors/step_up_code.html",
        code_url=url_for(".submit_code", step_up_id=row.id),
        resend_url=url_for(".send_again", step_up_id=row.id),
        call_url=url_for(".ask_for_a_call", step_up_id=row.id),
        sent_to=queries.masked(contact.address) if contact is not None else "",
        by_text=contact is not None and contact.channel == step_up_rules.MOBILE,
        **_common(row, form),
    )


def _end_page(row: StepUp) -> Any:
    zone, name = current().creditor.time_zone, current().creditor.display_name
    void, ran_out = row.status is StepUpStatus.VOID, row.status in {StepUpStatus.SHOWN, StepUpStatus.CODE_SENT}
    if ran_out:
        said, steps = t("Your visit had ended."), [t("What you typed is still here. Nothing has changed so far.")]
    elif row.status is StepUpStatus.DONE:
        said, steps = t("Done."), [t("%(creditor)s sees it at once.", creditor=name)]
    elif row.status is StepUpStatus.WITH_STAFF:
        said = t("A person at %(creditor)s looks at it now.", creditor=name)
        steps = [t("They call you on a number that they know."), t("Nothing changes before that.")]
    elif void:
        said, steps = _WHY_VOID[row.why or step_up.TERMS_CHANGED], []
    else:
        said, steps = t("%(creditor)s did not confirm it. Nothing has changed.", creditor=name), []
    return render_template(
        "debtors/step_up_end.html",
        done=row.status is StepUpStatus.DONE,
        said=i18n.say(said),
        when=i18n.say(t("On %(moment)s.", moment=i18n.moment(row.status_at, zone))),
        steps=[i18n.say(step) for step in steps],
        reference=ids.spell(row.id).upper(),
        again_url=url_for(".begin_again", step_up_id=row.id) if (void or ran_out) and row.terms_text else None,
        ran_out=ran_out,
        **_common(row, Form()),
    )


@blueprint.post("/confirm/<id:step_up_id>/sign")
@without_visit(_to_the_gate)
def sign(step_up_id: int) -> Any:
    """Who signs, and then the code is sent; where none can be, the creditor's people are asked."""
    row, form = _own(step_up_id), Form()
    if row.status is not StepUpStatus.SHOWN:
        return redirect(url_for(".show", step_up_id=row.id), 303)
    debtor = db.session().get_one(Debtor, row.debtor_id)
    name = form.text("name", longest=120, needed=t("Please write your first and last name."))
    if name and len(name.split()) < 2:
        form.wrong.setdefault("name", t("Please write your first and last name."))
    roles = step_up_rules.roles_for(debtor.kind)
    role = form.choice("role", frozenset(roles), t("Please say for whom you act."))
    if form.choice("statement", frozenset({"yes"}), t("Please tick this box: without it we cannot go on.")) is None:
        role = None
    if form.wrong or role is None:
        return _page(row, form)
    step_up.sign(row, step_up.Signatory(name, role, i18n.say(step_up_rules.STATEMENT)))
    return _send(row, form)


def _send(row: StepUp, form: Form) -> Any:
    try:
        step_up.send_code(row, current())
    except NotAllowedNow as not_now:
        form.wrong["code" if row.status is StepUpStatus.CODE_SENT else "name"] = not_now.text
        return _page(row, form, not_now.status)
    return redirect(url_for(".show", step_up_id=row.id), 303)


@blueprint.post("/confirm/<id:step_up_id>/resend")
@without_visit(_to_the_gate)
def send_again(step_up_id: int) -> Any:
    """Another code; the tries go on counting (rule A-42)."""
    row = _own(step_up_id)
    if row.status is not StepUpStatus.CODE_SENT:
        return redirect(url_for(".show", step_up_id=row.id), 303)
    return _send(row, Form())


@blueprint.post("/confirm/<id:step_up_id>/code")
@without_visit(_to_the_gate)
def submit_code(step_up_id: int) -> Any:
    """Judges the code. A wrong one answers 303, for its try must be kept; what is no code at all costs none.

    Where it was right and this browser missed the answer, its visit has a new number: the gate asks again.
    """
    row, form = _own(step_up_id), Form()
    typed = request.form.get("code", "")
    if row.status is StepUpStatus.CODE_SENT and not step_up_rules.is_code(typed):
        form.wrong["code"] = t("The code has six digits, for example 123456.")
        return _page(row, form)
    visit = current()
    row = step_up.try_code(row.id, visit, typed)
    if row.proved_at is None:
        return redirect(url_for(".show", step_up_id=row.id), 303)
    if row.status is StepUpStatus.DONE:
        step_up.perform(row)
    row.visit_id = visits.renew(visit).id  # a new level, a new session (rule A-50)
    done_url = step_up.KINDS[row.action].done_url
    if row.status is StepUpStatus.DONE and done_url is not None:
        return redirect(done_url(row), 303)
    return redirect(url_for(".show", step_up_id=row.id), 303)


@blueprint.post("/confirm/<id:step_up_id>/call")
@without_visit(_to_the_gate)
def ask_for_a_call(step_up_id: int) -> Any:
    """The code cannot be received: a person calls (rule A-45)."""
    row = _own(step_up_id)
    if row.status is StepUpStatus.CODE_SENT:
        step_up.ask_for_a_call(row)
    return redirect(url_for(".show", step_up_id=row.id), 303)


@blueprint.post("/confirm/<id:step_up_id>/again")
@without_visit(_to_the_gate)
def begin_again(step_up_id: int) -> Any:
    """The same act once more, with everything that was typed: after its tries, or after its visit, ran out."""
    row, visit = _own(step_up_id, or_goes_on=True), current()
    open_still = row.visit_id == visit.id and row.status is not StepUpStatus.VOID
    if open_still or row.status not in {StepUpStatus.SHOWN, StepUpStatus.CODE_SENT, StepUpStatus.VOID}:
        return redirect(url_for(".show", step_up_id=row.id), 303)
    typed = held.take(request.path)
    fresh = step_up.again(row, visit)
    if typed.get("name"):
        fresh.signer_name, fresh.signer_role = str(typed["name"])[:120], str(typed.get("role", ""))[:30] or None
    return redirect(url_for(".show", step_up_id=fresh.id), 303)
