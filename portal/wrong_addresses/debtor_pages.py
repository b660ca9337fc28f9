"""Behind the gate: "write to … instead", "I no longer work there", "this is not about me". A colleague decides."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import t
from portal.debtors.visits import answering
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import debtor_blueprint
from portal.wrong_addresses import actions, rules

blueprint = debtor_blueprint("wrong_addresses_debtor", __name__)

NEEDS_WORDS = "write_elsewhere"


@blueprint.get("/wrong-address")
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    answering()
    page = render_template(
        "wrong_addresses/debtor_wrong.html",
        title=i18n.gettext("Wrong address?"),
        say_url=url_for(".say"),
        options=[(name, i18n.say(label), i18n.say(hint)) for name, (label, hint) in rules.INSIDE.items()],
        value=form.typed.get("reason", ""),
        words=form.typed.get("words", ""),
        data_url=url_for("contacts_debtor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/wrong-address")
def say() -> Any:
    """Kept in their own words, before a colleague; no address changes by it."""
    visit, form = answering(), Form()
    reason = form.choice("reason", frozenset(rules.INSIDE), t("Please choose the one that fits best."))
    needed = t("Please write the address, and who reads there.") if reason == NEEDS_WORDS else None
    words = form.text("words", longest=MAX_WORDS, needed=needed)
    if reason is None or form.wrong:
        return _page(form)
    case = actions.say(visit, reason, words)
    thanks = t(
        "Thank you. %(creditor)s looks into it. Until then nothing changes.", creditor=visit.creditor.display_name
    )
    flash(i18n.say(thanks), "done")
    return redirect(url_for("cases_debtor.show_case", case_id=case.id), 303)
