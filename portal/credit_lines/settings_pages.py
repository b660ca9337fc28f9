"""How credit lines are suggested, when alerts are raised and for whom: the fields, and the versions of before."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import t
from portal.credit_lines import jobs, kinds, policies, settings_forms
from portal.credit_lines.policies import Version
from portal.creditors import versions
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("credit_settings", __name__)


@blueprint.get("/settings/credit")
@allow(Permission.PLANS)
def show() -> Any:
    return _page(Form(), policies.current())


@blueprint.post("/settings/credit")
@allow(Permission.PLANS)
def save() -> Any:
    """A new version: lines that were set stay, alerts are looked at anew."""
    form, now, currency = Form(), policies.current(), person().creditor.currency
    allowed = [value for value, _ in settings_forms.people(people.own(person().creditor.id))]
    wanted = settings_forms.read(form, now, allowed, currency)
    after = form.text("after", longest=9)
    if form.wrong:
        return _page(form, now)
    try:
        number = int(after) if after.isascii() and after.isdigit() else -1
        written = policies.write(wanted, by=person().staff_id, after=number)
    except versions.Overtaken as faster:
        form.wrong = {"after": faster.text, **settings_forms.differing(wanted, faster.now, currency)}
        return _page(form, faster.now, status=409)
    if written.number != now.number:
        jobs.look_soon(0)
        flash(i18n.say(t("Done. Version %(number)s holds from now on.", number=written.number)), "done")
    else:
        flash(i18n.gettext("Nothing was different."), "done")
    return redirect(url_for(".show"), 303)


def _page(form: Form, now: Version, *, status: int = 422) -> Any:
    if form.typed:  # a box without its tick is not sent
        form.typed = {**dict.fromkeys(settings_forms.BOXES, ""), **form.typed}
    currency = person().creditor.currency
    values = {name: form.typed.get(name, value) for name, value in settings_forms.shown(now, currency).items()}
    written = policies.history()
    names = people.names([one.made_by for one in written])
    page = render_template(
        "credit_lines/staff_settings.html",
        title=i18n.gettext("Credit lines and alerts"),
        save_url=url_for(".save"),
        back_url=url_for("settings_creditor.show") if person().may(Permission.SETTINGS) else None,
        after=form.typed.get("after", str(now.number)) if status == 422 else str(now.number),
        weights=[_field(one, values) for one in settings_forms.WEIGHTS],
        bounds=[_field(one, values) for one in settings_forms.BOUNDS],
        kinds=[_kind(kind, values) for kind in kinds.KINDS],
        people=settings_forms.people(people.own(person().creditor.id)),
        versions=[
            {
                "number": str(one.number),
                "at": i18n.moment(one.made_at, person().creditor.time_zone),
                "by": names.get(one.made_by or 0, "–"),
            }
            for one in written
        ],
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if form.wrong else 200


def _field(one: settings_forms.Field, values: dict[str, str]) -> dict[str, str]:
    mode = "numeric" if one.high is not None else "decimal"
    return {
        "id": one.name,
        "label": i18n.say(one.label),
        "hint": i18n.say(one.hint),
        "value": values[one.name],
        "mode": mode,
    }


def _kind(kind: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "label": i18n.say(kinds.KINDS[kind]),
        **{name: (settings_forms.box_of(kind, name), values[settings_forms.box_of(kind, name)])
           for name in ("on", "mail", "to")},
    }  # fmt: skip
