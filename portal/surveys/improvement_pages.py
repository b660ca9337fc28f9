"""What we changed because of what we heard: written down, shown if one likes, told to who asked for it."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import clock
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.messages import tone
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.surveys import improving, presenting, queries
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("improvements_creditor", __name__)

LONGEST = 300


@blueprint.get("/feedback/changes")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    found = queries.improvements()
    names = people.names([one.made_by for one in found])
    may = person().may(Permission.PLANS)
    today = clock.today(person().creditor.time_zone)
    page = render_template(
        "surveys/staff_changes.html",
        title=i18n.gettext("What we changed"),
        rows=[
            {
                "on": i18n.day(one.on),
                "words": one.words,
                "about": presenting.theme(one.theme) if one.theme else "",
                "public": one.is_public,
                "told": i18n.say(t("Told: %(told)s", told=one.told)) if one.told else "",
                "by": names.get(one.made_by or 0, "–"),
            }
            for one in found
        ],
        add_url=url_for(".add") if may else None,
        themes=[("", i18n.gettext("Nothing in particular")),
                *((key, presenting.theme(key)) for key, _n in queries.tags())],
        typed={"on": today.isoformat(), "words": "", "theme": "", "public": "", "tell": ""} | form.typed,
        back_url=url_for("feedback_creditor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )  # fmt: skip
    return page, 422 if form.wrong else 200


@blueprint.post("/feedback/changes")
@allow(Permission.PLANS)
def add() -> Any:
    """Kept, and told where one wishes so; the tone gate reads it first."""
    form = Form()
    words = form.text("words", longest=LONGEST, needed=t("Please write what has changed."))
    on, theme = form.day("on"), form.text("theme", longest=40)
    is_public, tell = form.ticked("public"), form.ticked("tell")
    today = clock.today(person().creditor.time_zone)
    if "on" not in form.wrong and (on is None or on > today):
        form.wrong["on"] = t("Please choose a day until today.")
    language = creditors.in_scope().language
    found = next(iter(tone.lexicon(tone.BODY, words, language)), None)
    if found is not None and "words" not in form.wrong:
        form.wrong["words"] = t("Customers read this. Please say it without “%(words)s”.", words=found.words)
    known = {key for key, _n in queries.tags()}
    if tell and theme not in known:
        form.wrong["theme"] = t("Please choose what it is about: so we know who had asked for it.")
    if form.wrong or on is None:
        return _page(form)
    made = improving.improve(
        on, words, theme=theme if theme in known else None, is_public=is_public, tell=tell, by=person().staff_id
    )
    if made.told:
        flash(i18n.say(t("Kept. Those who spoke of it are told: %(told)s.", told=made.told)), "done")
    else:
        flash(i18n.say(t("Kept.")), "done")
    return redirect(url_for(".show"), 303)
