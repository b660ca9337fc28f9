"""An address that is said to be wrong, before the creditor's people: it is not theirs, or it is."""

from typing import Any

from flask import flash, redirect, url_for

from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.cases.states import CaseStatus
from portal.core.text import Text, t
from portal.debtors.models import ContactPoint
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own
from portal.wrong_addresses import actions, queries

blueprint = creditor_blueprint("wrong_addresses_creditor", __name__)


def panel(case: Case) -> Panel | None:
    """Which address, who said it (with the fact or without), and the two ways to decide."""
    contact = queries.contact(case)
    open_ = case.status is not CaseStatus.CLOSED and contact is not None and contact.stopped_at is None
    may = open_ and person().may(Permission.CONTACTS)
    return Panel(
        "wrong_addresses/staff_panel.html",
        {
            "address": contact.address if contact is not None else "",
            "stopped": contact is not None and contact.stopped_at is not None,
            "proved": case.visit_id is not None,
            "confirm_url": url_for("wrong_addresses_creditor.confirm", wrong_address_id=case.id) if may else None,
            "dismiss_url": url_for("wrong_addresses_creditor.dismiss", wrong_address_id=case.id) if may else None,
            "card_url": url_for("debtors_creditor.show", debtor_id=case.debtor_id),
            "version": case.version,
        },
        leaves_closing=contact is None or contact.stopped_at is not None or _is_theirs(contact, case),
    )


def _is_theirs(contact: ContactPoint, case: Case) -> bool:
    """Whether a colleague has said since that we go on writing there."""
    return contact.confirmed_at is not None and contact.confirmed_at >= case.opened_at


def _own(case_id: int) -> Case:
    """The case, as whoever decides saw it. Raises NotAllowedNow where something has changed."""
    case: Case = only_own(queries.one(case_id))
    case_pages.unchanged(case, Form())
    cases.see(case, person().staff_id)
    return case


def _done(case: Case, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


@blueprint.post("/wrong-addresses/<id:wrong_address_id>/confirm")
@allow(Permission.CONTACTS)
def confirm(wrong_address_id: int) -> Any:
    case = _own(wrong_address_id)
    actions.confirm(case)
    return _done(case, t("Done. Links sent there are closed, and the address is forgotten within a day."))


@blueprint.post("/wrong-addresses/<id:wrong_address_id>/dismiss")
@allow(Permission.CONTACTS)
def dismiss(wrong_address_id: int) -> Any:
    case = _own(wrong_address_id)
    actions.dismiss(case)
    return _done(case, t("Done. We go on writing to this address."))
