"""What customers paid too much, the one to be given back first on top: kept, or given back with four eyes (B-10)."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for

from portal.core import clock
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.overpayments import actions, at_the_bank, giving_back, presenting, queries, rules
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("overpayments_creditor", __name__)

S = OverpaymentStatus
GROUPS: dict[str, tuple[Text, tuple[OverpaymentStatus, ...]]] = {
    "": (t("To see to"), queries.WAITING),
    "kept": (t("Kept"), (S.KEPT,)),
    "settled": (t("Settled"), (S.APPLIED, S.REFUNDED, S.WITHDRAWN)),
}


@blueprint.get("/overpayments")
@allow(Permission.READ)
def show_list() -> Any:
    group = request.args.get("state", "")
    group = group if group in GROUPS else ""
    options = [(value, i18n.say(label)) for value, (label, _) in GROUPS.items()]
    return render_template(
        "overpayments/staff_list.html",
        title=i18n.gettext("Paid too much"),
        filter_url=url_for(".show_list"),
        fields=[{"id": "state", "label": i18n.gettext("State"), "value": group, "options": options}],
        clear_url=url_for(".show_list") if group else None,
        rows=[
            presenting.line(row.overpayment, row.debtor)
            for row in queries.listed(GROUPS[group][1], at_the_bank.unseen() if not group else None)
        ],
    )


@blueprint.get("/overpayments/<id:overpayment_id>")
@allow(Permission.READ)
def show(overpayment_id: int) -> Any:
    return _page(overpayment_id, Form())


def _page(overpayment_id: int, form: Form) -> Any:
    one: Overpayment = only_own(queries.one(overpayment_id))
    debtor = debtors.debtor(one.debtor_id)
    may = person().may(Permission.REFUND)
    noted = one.status is S.REFUND_REQUESTED and one.returned_on is not None
    by_card = one.status is S.OPEN and may and giving_back.goes_by_card(one)
    label, kind = presenting.status(one)
    page = render_template(
        "overpayments/staff_one.html",
        title=i18n.gettext("Paid too much"),
        status=label,
        kind=kind,
        amount=i18n.money(one.left or one.amount),
        details=presenting.details(one, debtor.name if debtor else "", person().creditor.time_zone),
        debtor_url=url_for("debtors_creditor.show", debtor_id=one.debtor_id),
        keep_url=url_for(".keep", overpayment_id=one.id)
        if may and one.status is S.OPEN and one.wish != rules.GIVE_BACK
        else None,
        reopen_url=url_for(".reopen", overpayment_id=one.id) if may and one.status is S.KEPT else None,
        refund_url=url_for(".ask_refund", overpayment_id=one.id) if by_card else None,
        returned_url=url_for(".note_return", overpayment_id=one.id) if may and one.status is S.OPEN else None,
        returned_on=form.typed.get("returned_on", ""),
        agree_url=url_for(".agree", overpayment_id=one.id)
        if may and noted and one.asked_by != person().who
        else None,
        decline_url=url_for(".decline", overpayment_id=one.id) if may and noted else None,
        seen_url=url_for(".say_seen", overpayment_id=one.id) if may and at_the_bank.waits(one) else None,
        waits_for=_payment_url(one) if one.status is S.REFUND_REQUESTED and not noted else None,
        errors=form.errors,
        error_of=dict(form.errors),
        list_url=url_for(".show_list"),
    )
    return page, 422 if form.wrong else 200


def _payment_url(one: Overpayment) -> str | None:
    """Where a colleague approves the refund: beside the payment that it belongs to."""
    endpoint = "refunds_creditor.show"
    return url_for(endpoint, attempt_id=one.attempt_id) if endpoint in current_app.view_functions else None


def _done(overpayment_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", overpayment_id=overpayment_id), 303)


@blueprint.post("/overpayments/<id:overpayment_id>/keep")
@allow(Permission.REFUND)
def keep(overpayment_id: int) -> Any:
    only_own(queries.one(overpayment_id))
    actions.keep(actions.locked(overpayment_id))
    return _done(overpayment_id, t("Done. It is used for what is open, or for the next document."))


@blueprint.post("/overpayments/<id:overpayment_id>/reopen")
@allow(Permission.REFUND)
def reopen(overpayment_id: int) -> Any:
    only_own(queries.one(overpayment_id))
    actions.reopen(actions.locked(overpayment_id))
    return _done(overpayment_id, t("Done. It is to be decided once more."))


@blueprint.post("/overpayments/<id:overpayment_id>/refund")
@allow(Permission.REFUND)
@recently_proved
def ask_refund(overpayment_id: int) -> Any:
    only_own(queries.one(overpayment_id))
    reason = i18n.say(t("It was paid too much."))
    giving_back.ask_refund(overpayment_id, by=person().who, reason=reason)
    return _done(overpayment_id, t("Done. Now a colleague has to agree."))


@blueprint.post("/overpayments/<id:overpayment_id>/returned")
@allow(Permission.REFUND)
@recently_proved
def note_return(overpayment_id: int) -> Any:
    one: Overpayment = only_own(queries.one(overpayment_id))
    form = Form()
    day = form.day("returned_on")
    opened_on = clock.day_of(one.opened_at, person().creditor.time_zone)
    wrong = rules.why_not_returned_on(day, opened_on, actions.today())
    if wrong is not None or day is None:
        if wrong is not None:
            form.wrong.setdefault("returned_on", wrong)
        return _page(overpayment_id, form)
    giving_back.note_return(overpayment_id, by=person().who, returned_on=day)
    return _done(overpayment_id, t("Written down. Now a colleague has to agree."))


@blueprint.post("/overpayments/<id:overpayment_id>/agree")
@allow(Permission.REFUND)
@recently_proved
def agree(overpayment_id: int) -> Any:
    only_own(queries.one(overpayment_id))
    giving_back.agree_return(overpayment_id, by=person().who)
    return _done(overpayment_id, t("Done. The customer is told."))


@blueprint.post("/overpayments/<id:overpayment_id>/decline")
@allow(Permission.REFUND)
def decline(overpayment_id: int) -> Any:
    only_own(queries.one(overpayment_id))
    giving_back.decline_return(overpayment_id, by=person().who)
    return _done(overpayment_id, t("Done. It is to be decided once more."))


@blueprint.post("/overpayments/<id:overpayment_id>/seen")
@allow(Permission.REFUND)
def say_seen(overpayment_id: int) -> Any:
    """A colleague has found the transfer back at the bank, where no statement could name it."""
    only_own(queries.one(overpayment_id))
    at_the_bank.say_seen(overpayment_id, by=person().who)
    return _done(overpayment_id, t("Good: it left your account."))
