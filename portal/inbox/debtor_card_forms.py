"""What the creditor's people do on a debtor's card: addresses, links, visits."""

from typing import Any

from flask import flash, redirect, request, url_for

from portal.core import ids
from portal.core.text import Text, t
from portal.debtors import actions
from portal.debtors import queries as debtors
from portal.debtors.models import SALESPERSON_LENGTH, ContactPoint
from portal.debtors.step_up_rules import MOBILE
from portal.inbox import debtor_queries as queries
from portal.inbox.debtor_card_pages import CORRECTED, blueprint, card_page
from portal.messages.channels import sms
from portal.people.forms import mail_address
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, only_own

BY_HAND = "by_hand"
_ADDED_MOBILE = t("Done. Texts go there from now on, and one-time codes in 72 hours.")
_STOPPED = t("Nothing goes to this address any more: it was stopped. Please write another one.")


def _done(debtor_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("debtors_creditor.show", debtor_id=debtor_id), 303)


def _add(debtor_id: int, channel: str, form: Form) -> ContactPoint | None:
    """Adds the typed address, or number; None where the form says why not."""
    address = mail_address(form, "address") if channel == actions.EMAIL else _number(debtor_id, form)
    if form.wrong:
        return None
    added = actions.add_contact(debtor_id, channel, address, source="creditor", by_hand=True)
    if added.stopped_at is None:
        return added
    form.wrong["address"] = _STOPPED
    return None


def _number(debtor_id: int, form: Form) -> str:
    """A mobile's number, spelled as it is on file where it is there already; the form says so when it is none."""
    typed = form.text("address", longest=40, needed=t("Please write the mobile number."))
    if form.wrong:
        return typed
    if not debtors.takes_texts(typed):
        form.wrong["address"] = t("Write a mobile number like 333 1234567, with its country where it is abroad.")
        return typed
    number = sms.checked_number(typed)
    on_file = (c.address for c in debtors.contacts(debtor_id) if c.channel == MOBILE)
    return next((one for one in on_file if debtors.takes_texts(one) and sms.checked_number(one) == number), number)


@blueprint.post("/debtors/<id:debtor_id>/contacts")
@allow(Permission.CONTACTS)
def add_contact(debtor_id: int) -> Any:
    """An e-mail address, or with `channel` a mobile number; neither takes a code for 72 hours (rules A.4)."""
    form = Form()
    only_own(debtors.debtor(debtor_id))
    mobile = request.form.get("channel") == MOBILE
    if _add(debtor_id, MOBILE if mobile else actions.EMAIL, form) is None:
        return card_page(debtor_id, form, anchor="mobile" if mobile else "address")
    return _done(debtor_id, _ADDED_MOBILE if mobile else t("Done. Messages go there from now on."))


@blueprint.post("/debtors/<id:debtor_id>/contacts/<id:contact_id>/correct")
@allow(Permission.CONTACTS)
def correct_contact(debtor_id: int, contact_id: int) -> Any:
    """The new address takes the place of the old one, whose links die (decision 7)."""
    form = Form()
    found = queries.contact(debtor_id, contact_id)
    old = only_own(found if found is not None and found.channel in CORRECTED else None)
    added = _add(debtor_id, old.channel, form)
    if added is None:
        return card_page(debtor_id, form, anchor=f"address-{ids.spell(contact_id)}")
    if added.id != old.id:
        actions.stop_contact(old, "replaced")
    return _done(debtor_id, t("Done. Messages go to the new address, and links sent to the old one are closed."))


@blueprint.post("/debtors/<id:debtor_id>/contacts/<id:contact_id>/stop")
@allow(Permission.CONTACTS)
def stop_contact(debtor_id: int, contact_id: int) -> Any:
    actions.stop_contact(only_own(queries.contact(debtor_id, contact_id)), BY_HAND)
    return _done(debtor_id, t("Done. Nothing goes there any more, and links sent there are closed."))


@blueprint.post("/debtors/<id:debtor_id>/contacts/<id:contact_id>/confirm")
@allow(Permission.CONTACTS)
def confirm_contact(debtor_id: int, contact_id: int) -> Any:
    """Somebody said "this is not me", and a colleague knows better: messages go on (decision 7)."""
    actions.confirm_contact(only_own(queries.contact(debtor_id, contact_id)))
    return _done(debtor_id, t("Done. We go on writing to this address."))


@blueprint.post("/debtors/<id:debtor_id>/salesperson")
@allow(Permission.CONTACTS)
def put_in_charge(debtor_id: int) -> Any:
    """Who looks after the customer; an empty field: nobody by name."""
    form = Form()
    debtor = only_own(debtors.debtor(debtor_id))
    name = form.text("salesperson", longest=SALESPERSON_LENGTH)
    if form.wrong:
        return card_page(debtor_id, form, anchor="salesperson")
    changed = actions.put_in_charge(debtor, name)
    return _done(debtor_id, t("Done. It is noted.") if changed else t("Nothing was different."))


@blueprint.post("/debtors/<id:debtor_id>/links/<id:link_id>/revoke")
@allow(Permission.SEND)
def revoke_link(debtor_id: int, link_id: int) -> Any:
    """Within a second the link opens nothing, and visits through it are over (rule A-10)."""
    actions.revoke_link(only_own(queries.link(debtor_id, link_id)), BY_HAND)
    return _done(debtor_id, t("Done. That link opens nothing any more."))


@blueprint.post("/debtors/<id:debtor_id>/visits/<id:visit_id>/end")
@allow(Permission.SEND)
def end_visit(debtor_id: int, visit_id: int) -> Any:
    actions.end_visit(only_own(queries.visit(debtor_id, visit_id)), BY_HAND)
    return _done(debtor_id, t("Done. That visit is over."))
