"""Closing a dispute before the creditor's people; the rest stands on the page of its case."""

from typing import Any

from flask import flash, g, redirect, url_for

from portal.cases import creditor_pages as case_pages
from portal.core import ids
from portal.core.text import t
from portal.disputes import closing, queries, rules
from portal.disputes.forms import read_verdict
from portal.disputes.models import Dispute
from portal.invoices import covering
from portal.people import queries as people
from portal.people.models import Staff
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("disputes_creditor", __name__)


def _own(dispute_id: int) -> Dispute:
    found: Dispute = only_own(queries.dispute(dispute_id))
    return found


@blueprint.post("/disputes/<id:dispute_id>/close")
@allow(Permission.ANSWER)
def close(dispute_id: int) -> Any:
    """Valid, in part, or not valid: with a reason that the customer reads."""
    dispute, form = _own(dispute_id), Form()
    case = queries.case_of(dispute.id)
    verdict = read_verdict(form, dispute.amount)
    if verdict is None:
        g.dispute_form = form
        return case_pages.page(case, form)
    case_pages.unchanged(case, form)
    me: Staff = only_own(people.by_id(person().staff_id))
    closing.close(dispute.id, verdict, me)
    flash(i18n.say(t("Done. The case is closed, and the customer has been told.")), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


@blueprint.post("/disputes/<id:dispute_id>/credit")
@allow(Permission.ANSWER)
def decide_credit(dispute_id: int) -> Any:
    """A person says which credit note the credit is, that one is for something else, or that none comes."""
    dispute, form = _own(dispute_id), Form()
    act, which = form.choice("act", set(rules.CREDIT_ACTS), covering.CHANGED), _id(form.text("which", longest=20))
    if act is None or (act != rules.NO_NOTE and which is None):
        form.wrong["act"] = covering.CHANGED
        return case_pages.page(queries.case_of(dispute.id), form)
    if act == rules.IT_IS_THIS_NOTE:
        covering.take_place(dispute.id, which or 0)
    elif act == rules.NOT_THIS_NOTE:
        covering.not_for_it(dispute.id, which or 0)
    else:
        covering.let_stand(dispute.id)
    flash(i18n.say(t("Done.")), "done")
    return redirect(url_for("cases_creditor.show", case_id=queries.case_of(dispute.id).id), 303)


def _id(spelled: str) -> int | None:
    try:
        return ids.read(spelled)
    except ValueError:
        return None
