"""The morning mail: switched off by each person, its hour and readers set by who sees to the settings."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import t
from portal.creditors import versions
from portal.digests import actions, policies, queries, rules
from portal.people.presenting import person
from portal.people.roles import Permission, Role
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("digests_creditor", __name__)


@blueprint.get("/digest")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form(), policies.current())


@blueprint.post("/digest/mine")
@allow(Permission.READ)
def want() -> Any:
    """One's own choice, at once; asking for what holds already changes nothing."""
    wanted = Form().choice("wanted", frozenset({"yes", "no"}), None) == "yes"
    actions.want(person().staff_id, wanted=wanted)
    said = t("Done. The morning mail comes to you.") if wanted else t("Done. No morning mail comes to you any more.")
    flash(i18n.say(said), "done")
    return redirect(url_for(".show"), 303)


@blueprint.post("/digest")
@allow(Permission.SETTINGS)
def save() -> Any:
    form, now = Form(), policies.current()
    hour = form.number("hour", rules.EARLIEST, rules.LATEST)
    to = tuple(role.value for role in Role if role.value in form.listed("to[]"))
    after = form.text("after", longest=9)
    if form.wrong:
        return _page(form, now, to)
    try:
        number = int(after) if after.isascii() and after.isdigit() else -1
        policies.write(policies.Version(hour=hour, roles=to), by=person().staff_id, after=number)
    except versions.Overtaken as faster:
        form.wrong = {"after": faster.text}
        return _page(form, faster.now, status=409)
    flash(i18n.say(t("Done. It holds from the next morning on.")), "done")
    return redirect(url_for(".show"), 303)


def _page(form: Form, now: policies.Version, to: tuple[str, ...] | None = None, *, status: int = 422) -> Any:
    chosen = now.roles if to is None else to
    page = render_template(
        "digests/staff_digest.html",
        title=i18n.gettext("Morning mail"),
        wanted=queries.stop_of(person().staff_id) is None,
        want_url=url_for(".want"),
        save_url=url_for(".save") if person().may(Permission.SETTINGS) else None,
        said=i18n.say(t("On working days at %(hour)s:00 it goes to whom it is set up for.", hour=now.hour)),
        after=str(now.number),
        hour=form.typed.get("hour", str(now.hour)),
        roles=[(role.value, i18n.say(role.label), role.value in chosen) for role in Role],
        back_url=url_for("today_creditor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if form.wrong else 200
