"""Proving once more who one is, before something grave is done: a password or a code within ten minutes (A-66).

A page that was asked for comes afterwards by itself. A form that was sent is not carried out: one comes back to
its page, where what was typed stands again, and sends it once more (portal.people.held).
"""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.text import t
from portal.people import forms, held, passwords, queries, second_factor, sessions, tries
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.edge import CHANGING
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, loaders, only_own

blueprint = creditor_blueprint("staff_proof", __name__)

_BACK = t(
    "Thank you. Nothing has been saved yet, and nothing is lost: what you typed stands here again. "
    "Please send it once more."
)
FORM = "form"  # what led here: a form that was sent, or else a page that was asked for


def ask() -> Any:
    """For portal.web.gates: to the page that asks, with the way back."""
    who: Any = loaders().person()
    if request.method not in CHANGING:
        wanted = sessions.safe_next(request.full_path.rstrip("?"))
        return redirect(url_for("staff_proof.show", next=wanted), 303)
    back = _page_of_form()
    held.keep(who.session_id, back.partition("?")[0])
    return redirect(url_for("staff_proof.show", next=back, after=FORM), 303)


def _page_of_form() -> str:
    """The page that the form stood on, as the browser names it; else the first page."""
    referrer = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
    return sessions.safe_next(referrer) or url_for("today_creditor.show")


@blueprint.get("/proof")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    after = FORM if request.args.get("after") == FORM else None
    page = render_template(
        "people/staff_proof.html",
        title=i18n.gettext("Is it you?"),
        prove_url=url_for(".prove", next=_onward(), after=after),
        email=person().email,
        has_code=person().has_second_factor,
        after_form=after == FORM,
        back_url=_onward(),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _onward() -> str:
    return sessions.safe_next(request.args.get("next")) or url_for("today_creditor.show")


@blueprint.post("/proof")
@allow(Permission.READ)
def prove() -> Any:
    """The password, or a code; tries are counted as when signing in."""
    who, form = person(), Form()
    password, code = forms.password(), form.text("code", longest=40)
    tries.check(who.email)
    if code and who.has_second_factor:
        tries.check_code(who.email)
        if not second_factor.accepts_app_code(who.staff_id, code):
            tries.count_code(who.email)
            form.wrong["code"] = t("This code does not fit. Please take the one that your telephone shows now.")
    elif not passwords.is_right(only_own(queries.by_id(who.staff_id)).password_hash, password):
        tries.count(who.email)
        form.wrong["password"] = t("This is not your password. Please try once more.")
    if form.wrong:
        return _page(form)
    sessions.renew(who)
    if request.args.get("after") == FORM:
        held.wait_for_page(_onward().partition("?")[0])
        flash(i18n.say(_BACK), "info")
    return redirect(_onward(), 303)
