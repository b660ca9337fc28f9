"""The owner of money that was paid too much says what to do with it, and sees how it stands."""

from typing import Any

from flask import redirect, render_template, url_for

from portal.core.text import t
from portal.debtors.visits import Current, current
from portal.overpayments import actions, presenting, queries, rules
from portal.overpayments.states import UNDECIDED
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("overpayments_debtor", __name__)


@blueprint.get("/credit/<id:overpayment_id>")
def show(overpayment_id: int) -> Any:
    return _page(current(), overpayment_id, Form())


def _page(visit: Current, overpayment_id: int, form: Form) -> Any:
    one = only_own(queries.for_visit(visit, overpayment_id))
    page = render_template(
        "overpayments/debtor_credit.html",
        title=i18n.gettext("What came in too much"),
        amount=i18n.money(one.left or one.amount),
        why=presenting.why_yours(one),
        came=presenting.came(one, visit.creditor.time_zone),
        stands=presenting.stands(one, visit.creditor),
        reference=presenting.number(one),
        options=presenting.options(one) if one.status in UNDECIDED else [],
        wish=form.typed.get("wish", one.wish or ""),
        say_url=url_for(".say", overpayment_id=one.id),
        errors=form.errors,
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/credit/<id:overpayment_id>")
def say(overpayment_id: int) -> Any:
    visit, form = current(), Form()
    only_own(queries.for_visit(visit, overpayment_id))
    wanted = form.choice("wish", frozenset(rules.WISHES), t("Please choose one of the two."))
    if wanted is None:
        return _page(visit, overpayment_id, form)
    actions.wish(visit, overpayment_id, wanted)
    return redirect(url_for(".show", overpayment_id=overpayment_id), 303)
