"""Where money goes: asking for another bank account, approving it as the second person, calling it off (A-66)."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.banking import group_iban, normalise_bic, normalise_iban
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.creditors import rules as creditor_rules
from portal.creditors.models import AccountChange
from portal.creditors.states import WHY, AccountChangeStatus
from portal.people import account_changes, queries, rules
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("account_creditor", __name__, url_prefix="/c/settings/account")

_TINTS = {AccountChangeStatus.ASKED: "wait", AccountChangeStatus.APPROVED: "wait", AccountChangeStatus.DONE: "good"}


@blueprint.get("")
@allow(Permission.APPROVE_ACCOUNT)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    who, creditor = person(), creditors.by_id(person().creditor.id)
    changes = account_changes.latest()
    names = queries.names(staff_id for one in changes for staff_id in (one.asked_by, one.approved_by))
    waiting = next((one for one in changes if one.is_open), None)
    bic = [("BIC", creditor.bic)] if creditor.bic else []
    page = render_template(
        "people/staff_account.html",
        title=i18n.gettext("Where money goes"),
        iban=creditor.iban,
        facts=[(i18n.gettext("Account holder"), creditor.account_holder or creditor.name), *bic],
        waiting=_change(waiting, names) | _roads(waiting) if waiting is not None else None,
        changes=[_change(one, names) for one in changes if not one.is_open],
        ask_url=url_for(".ask") if waiting is None and who.may(Permission.ACCOUNT) else None,
        typed={name: form.typed.get(name, "") for name in ("iban", "bic", "holder")},
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _roads(change: AccountChange) -> dict[str, Any]:
    """What the reader may do about the open change, and why they are not its second person."""
    asked = change.status is AccountChangeStatus.ASKED
    why_not = None
    if asked:
        asker, reader = account_changes.standing(change.asked_by), account_changes.standing(person().staff_id)
        why_not = rules.why_not_approve(change.asked_by, change.asked_at, asker, reader)
    values: dict[str, Any] = {"change_id": change.id}
    return {
        "why_not": i18n.say(why_not) if why_not is not None else "",
        "approve_url": url_for(".approve", **values) if asked and why_not is None else None,
        "call_off_url": url_for(".call_off", **values) if person().may(Permission.ACCOUNT) else None,
    }


def _change(change: AccountChange, names: dict[int, str]) -> dict[str, Any]:
    return {
        "iban": group_iban(change.iban),
        "holder": change.holder,
        "bic": change.bic,
        "state": change.status.label,
        "kind": _TINTS.get(change.status, "plain"),
        "story": [i18n.say(line) for line in _story(change, names)],
    }


def _story(change: AccountChange, names: dict[int, str]) -> list[Text]:
    """Who did what and when, and what comes next."""
    asked_by = names.get(change.asked_by, "–")
    lines = [t("Asked for by %(name)s on %(at)s.", name=asked_by, at=_moment(change.asked_at))]
    if change.approved_by is not None and change.approved_at is not None:
        approved_by = names.get(change.approved_by, "–")
        lines.append(t("Approved by %(name)s on %(at)s.", name=approved_by, at=_moment(change.approved_at)))
    if change.status is AccountChangeStatus.APPROVED and change.effective_at is not None:
        at = _moment(change.effective_at)
        lines.append(t("Money goes there from %(at)s on. Until then an administrator can call it off.", at=at))
    if change.status is AccountChangeStatus.DONE:
        lines.append(t("In effect since %(at)s.", at=_moment(change.status_at)))
    if change.why is not None:
        lines.append(t("Called off on %(at)s: %(why)s.", at=_moment(change.status_at), why=WHY[change.why]))
    return lines


def _moment(at: datetime) -> str:
    return i18n.moment(at, person().creditor.time_zone)


@blueprint.post("")
@allow(Permission.ACCOUNT)
@recently_proved
def ask() -> Any:
    form = Form()
    iban = normalise_iban(form.text("iban", longest=60, needed=t("Please write the IBAN.")))
    bic = normalise_bic(form.text("bic", longest=20))
    holder = form.text("holder", longest=70)
    for name, why in creditor_rules.why_not_account(iban, bic or None, holder).items():
        form.wrong.setdefault(name, why)
    if form.wrong:
        return _page(form)
    creditor = creditors.by_id(person().creditor.id)
    account_changes.ask(creditor, iban=iban, bic=bic or None, holder=holder, by=person().staff_id)
    return _done(t("Done. A second person must approve it now. Every administrator has been told."))


def _own(change_id: int) -> AccountChange:
    change: AccountChange = only_own(account_changes.locked(change_id))
    return change


@blueprint.post("/<id:change_id>/approve")
@allow(Permission.APPROVE_ACCOUNT)
@recently_proved
def approve(change_id: int) -> Any:
    account_changes.approve(_own(change_id), by=person().staff_id)
    return _done(t("Done. It comes into effect in 24 hours. Until then an administrator can call it off."))


@blueprint.post("/<id:change_id>/call-off")
@allow(Permission.ACCOUNT)
def call_off(change_id: int) -> Any:
    """Without another proof: whoever stops a theft must not be stopped by a form."""
    account_changes.call_off(_own(change_id), by=person().staff_id)
    return _done(t("Done. Money goes where it always did."))


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)
