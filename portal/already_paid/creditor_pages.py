""" "I have already paid" on its case's page: what the customer said, and how the search ends by hand."""

from typing import Any

from flask import flash, redirect, url_for

from portal.already_paid import actions, presenting, queries
from portal.already_paid.models import PaidClaim
from portal.already_paid.states import RUNNING, ClaimStatus
from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("already_paid_creditor", __name__)

_ENDS = {"found": ClaimStatus.FOUND, "not_found": ClaimStatus.NOT_FOUND}


def panel(case: Case) -> Panel | None:
    """What to look for, until when, and the two ways in which it ends."""
    values = presenting.panel_values(case)
    if values is None:
        return None
    found: PaidClaim = values["claim"]
    facts = [
        *values["facts"],
        (i18n.gettext("Where it stands"), i18n.say(found.status.label)),
        (i18n.gettext("Nobody reminds them until"), i18n.day(found.until)),
    ]
    may = person().may(Permission.ANSWER) and found.status in RUNNING
    close_url = url_for("already_paid_creditor.close", claim_id=found.id) if may else None
    values = {"facts": facts, "close_url": close_url, "version": case.version}
    return Panel("already_paid/staff_panel.html", values, leaves_closing=found.status not in RUNNING)


@blueprint.post("/already-paid/<id:claim_id>/close")
@allow(Permission.ANSWER)
def close(claim_id: int) -> Any:
    """Found or not: the customer is told either way."""
    found: PaidClaim = only_own(queries.claim(claim_id, lock=True))
    case: Case = only_own(case_queries.about(kinds.ALREADY_PAID, found.id))
    form = Form()
    outcome = form.choice("outcome", set(_ENDS), t("Please choose how it ended."))
    if outcome is None:
        return case_pages.page(case, form)
    if found.status not in RUNNING:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=found.status.label))
    case_pages.unchanged(case, form)
    cases.see(case, person().staff_id)
    actions.resolve(found, _ENDS[outcome], by_staff=True)
    flash(i18n.say(t("Done. The customer has been told.")), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)
