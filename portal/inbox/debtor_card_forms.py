"""What the creditor's people do on a debtor's card: addresses, links, visits."""

from typing import Any

from flask import flash, redirect, url_for

from portal.core import ids
from portal.core.text import Text, t
from portal.debtors import actions
from portal.debtors import queries as debtors
from portal.inbox import debtor_queries as queries
from portal.inbox.debtor_card_pages import blueprint, card_page
from portal.people.forms import mail_address
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, only_own

BY_HAND = "by_hand"
_STOPPED = t("Nothing goes to this address any more: it was stopped. Please write another one.")


def _done(debtor_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("debtors_creditor.show", debtor_id=debtor_id), 303)


def _add(debtor_id: int, form: Form) -> bool:
    """Adds the typed address; the form says why not."""
    address = mail_address(form, "address")
    if form.wrong:
        return False
    added = actions.add_contact(debtor_id, actions.EMAIL, address, source="creditor")
    if added.stopped_at is not None:
        form.wrong["address"] = _STOPPED
    return not form.wrong


@blueprint.post("/debtors/<id:debtor_id>/contacts")
@allow(Permission.CONTACTS)
def add_contact(debtor_id: int) -> Any:
    form = Form()
    only_own(debtors.debtor(debtor_id))
    if not _add(debtor_id, form):
        return card_page(debtor_id, form)
    return _done(debtor_id, t("Done. Messages go there from now on."))


@blueprint.post("/debtors/<id:debtor_id>/contacts/<id:contact_id>/correct")
@allow(Permission.CONTACTS)
def correct_contact(debtor_id: int, contact_id: int) -> Any:
    """The new address takes the place of the old one, whose links die (decision 7)."""
    form = Form()
    old = only_own(queries.contact(debtor_id, contact_id))
    if not _add(debtor_id, form):
        return card_page(debtor_id, form, anchor=f"address-{ids.spell(contact_id)}")
    if form.typed["address"].lower() != old.address:
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
