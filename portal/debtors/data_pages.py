""" "Your data": where the creditor reaches this debtor, and changing it, which asks for level 3."""

from contextlib import suppress
from typing import Any

from flask import redirect, render_template, request, url_for

from portal.core import ids
from portal.core.mail_addresses import is_mail_address
from portal.core.text import t
from portal.debtors import contacts, queries, step_up, step_up_queries
from portal.debtors.models import ContactPoint, StepUp
from portal.debtors.step_up_rules import EMAIL, MOBILE
from portal.debtors.visits import Current, answering, current
from portal.messages.channels import sms
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint

blueprint = debtor_blueprint("contacts_debtor", __name__)

step_up.register(
    step_up.Kind(
        action=contacts.ACTION,
        title=t("Change your contact data"),
        terms=contacts.terms,
        perform=contacts.perform,
        back_url=lambda row: url_for("contacts_debtor.show", of=ids.spell(row.id)),
        other_waits=False,
        proof=False,
    )
)


@blueprint.get("/your-data")
def show() -> Any:
    """With `?of=` the form as it was typed before the code was asked for."""
    visit, form = answering(), Form()
    try:
        kept = step_up_queries.one(ids.read(request.args.get("of", "")))
    except ValueError:
        kept = None
    if kept is not None and kept.action == contacts.ACTION and _goes_on(kept, visit):
        form.typed = {name: value or "" for name, value in kept.kept.items()}
    return _page(form)


def _goes_on(row: StepUp, visit: Current) -> bool:
    return row.visit_id == visit.id or step_up_queries.goes_on_from(row, visit.id, visit.link_id)


def _page(form: Form) -> Any:
    visit = current()
    on_file = {channel: queries.newest_contact(visit.debtor_id, channel) for channel in (EMAIL, MOBILE)}
    page = render_template(
        "debtors/your_data.html",
        title=i18n.gettext("Your contact data"),
        save_url=url_for(".submit"),
        rows=[
            (i18n.gettext("E-mail"), _shown(on_file[EMAIL])),
            (i18n.gettext("Mobile"), _shown(on_file[MOBILE])),
        ],
        email=form.typed.get("email", ""),
        mobile=form.typed.get("mobile", ""),
        privacy_road=url_for("door.show_privacy"),
        data_url=url_for("privacy_debtor.show"),
        back_url=url_for("home_debtor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _shown(contact: Any) -> str:
    return queries.masked(contact.address) if contact is not None else i18n.gettext("none")


@blueprint.post("/your-data")
def submit() -> Any:
    """Nothing changes here: the terms, the signature and the code come first."""
    visit, form = answering(), Form()
    change = _read(visit, form)
    if not form.wrong and change.is_empty:
        form.wrong["email"] = t("Please write what is to be different.")
    if form.wrong:
        return _page(form)
    row = step_up.begin(visit, contacts.ACTION, change.as_kept(), i18n.language().code)
    return redirect(url_for("step_up_debtor.show", step_up_id=row.id), 303)


def _read(visit: Current, form: Form) -> contacts.Change:
    email = form.text("email", longest=254).lower()
    mobile = form.text("mobile", longest=40)
    if email and not is_mail_address(email):
        form.wrong["email"] = t("Write an e-mail address like name@example.com.")
    if mobile:
        try:
            mobile = sms.checked_number(mobile)
        except ValueError:
            form.wrong["mobile"] = t("Write a mobile number like 333 1234567, with its country where it is abroad.")
    for channel, typed in ((EMAIL, email), (MOBILE, mobile)):
        if typed and queries.is_stopped(visit.debtor_id, typed, channel):
            form.wrong[channel] = t("Nothing can go to this address any more. Please write another one.")
    return contacts.Change(
        email=_if_new(visit.debtor_id, EMAIL, email),
        mobile=_if_new(visit.debtor_id, MOBILE, mobile),
    )


def _if_new(debtor_id: int, channel: str, typed: str) -> str | None:
    on_file = queries.newest_contact(debtor_id, channel)
    return typed if typed and (on_file is None or typed not in _spellings(on_file)) else None


def _spellings(contact: ContactPoint) -> set[str]:
    """The address as it is kept, and a mobile number as we would write it."""
    with suppress(ValueError):
        return {contact.address, sms.checked_number(contact.address)}
    return {contact.address}
