"""A visitor of a business gives a document to the colleague who deals with it."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.mail_addresses import is_mail_address
from portal.core.text import t
from portal.debtors import handing_over, queries
from portal.debtors.visits import Current, current
from portal.web import i18n, limits
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("hand_over_debtor", __name__)


def _visit() -> Current:
    visit = current()
    if not handing_over.may(visit):
        only_own(None)
    return visit


@blueprint.get("/hand-over")
def show() -> Any:
    return _page(_visit(), Form())


def _page(visit: Current, form: Form) -> Any:
    zone = visit.creditor.time_zone
    page = render_template(
        "debtors/hand_over.html",
        title=i18n.gettext("Hand over to a colleague"),
        save_url=url_for(".submit"),
        email=form.typed.get("email", ""),
        one=visit.invoice_id is not None,
        handed=[
            (queries.masked(address), i18n.moment(link.issued_at, zone))
            for address, link in handing_over.handed(visit.link_id)
        ],
        back_url=url_for("home_debtor.show"),
        errors=form.errors,
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/hand-over")
def submit() -> Any:
    visit, form = _visit(), Form()
    limits.check(limits.HAND_OVERS, "hand-over")
    email = form.text("email", longest=254, needed=t("Please write your colleague's e-mail address.")).lower()
    if email and not is_mail_address(email):
        form.wrong["email"] = t("Write an e-mail address like name@example.com.")
    wrong = handing_over.why_not(visit, email) if not form.wrong else None
    if wrong is not None:
        form.wrong["email"] = wrong
    if form.wrong:
        return _page(visit, form)
    limits.count(limits.HAND_OVERS, "hand-over")
    handing_over.hand_over(visit, email)
    flash(i18n.say(t("Done. We sent %(address)s a link of their own.", address=queries.masked(email))), "done")
    return redirect(url_for(".show"), 303)
