"""A creditor's cadence: which level comes when, for businesses and for consumers, and the versions of before."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import t
from portal.creditors import versions
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.reminders import policies, settings_forms
from portal.reminders.levels import LABELS, MEDIA, STANDARD, Level
from portal.reminders.policies import SEGMENTS, Version
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("cadence_settings", __name__)


@blueprint.get("/settings/cadence")
@allow(Permission.PLANS)
def show() -> Any:
    return _page(Form(), policies.current())


@blueprint.post("/settings/cadence")
@allow(Permission.PLANS)
def save() -> Any:
    """A new version: it holds for what is planned from now on; what was said counts as before."""
    form, now = Form(), policies.current()
    wanted = settings_forms.read(form, now)
    after = form.text("after", longest=9)
    if form.wrong:
        return _page(form, now)
    try:
        number = int(after) if after.isascii() and after.isdigit() else -1
        written = policies.write(wanted, by=person().staff_id, after=number)
    except versions.Overtaken as faster:
        form.wrong = {"after": faster.text, **settings_forms.differing(wanted, faster.now)}
        return _page(form, faster.now, status=409)
    if written.number != now.number:
        flash(i18n.say(t("Done. Version %(number)s holds from now on.", number=written.number)), "done")
    else:
        flash(i18n.gettext("Nothing was different."), "done")
    return redirect(url_for(".show"), 303)


def _page(form: Form, now: Version, *, status: int = 422) -> Any:
    if form.typed:  # a box without its tick is not sent
        form.typed = {**dict.fromkeys(settings_forms.BOXES, ""), **form.typed}
    values = {name: form.typed.get(name, value) for name, value in settings_forms.shown(now).items()}
    written = policies.history()
    names = people.names([one.made_by for one in written])
    page = render_template(
        "reminders/staff_cadence.html",
        title=i18n.gettext("When customers hear from you"),
        save_url=url_for(".save"),
        back_url=url_for("settings_creditor.show") if person().may(Permission.SETTINGS) else None,
        calendar_url=url_for("calendar_creditor.show"),
        after=form.typed.get("after", str(now.number)) if status == 422 else str(now.number),
        levels=[_level(one, values) for one in STANDARD],
        first_by=[(value, i18n.say(label)) for value, label in settings_forms.FIRST_BY.items()],
        values=values,
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


def _level(level: Level, values: dict[str, str]) -> dict[str, Any]:
    return {
        "label": i18n.say(LABELS[level.code]),
        "by": i18n.say(MEDIA[level.medium]),
        "segments": [_rule(level, who, values) for who in SEGMENTS],
    }


def _rule(level: Level, who: str, values: dict[str, str]) -> dict[str, Any]:
    box, days, label = (
        settings_forms.box_of(who, level),
        settings_forms.days_of(who, level),
        settings_forms.LABELS[who],
    )
    side = t("%(who)s: days after", who=label) if level.is_after else t("%(who)s: days before", who=label)
    return {
        "label": i18n.say(label),
        "box": box,
        "on": values[box],
        "name": days if level.days else None,
        "days": values[days],
        "side": i18n.say(side),
    }
