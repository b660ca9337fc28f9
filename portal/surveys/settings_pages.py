"""What customers are asked, and when: in versions, each answer cites its own."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import t
from portal.creditors.versions import Overtaken
from portal.messages import tone
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.surveys import policies, questions
from portal.surveys.policies import Version
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("survey_settings", __name__)

LONGEST_WAIT = 365


@blueprint.get("/settings/surveys")
@allow(Permission.PLANS)
def show() -> Any:
    return _page(Form(), 200)


def _page(form: Form, status: int) -> Any:
    now, written = policies.current(), policies.history()
    names = people.names([one.made_by for one in written])
    page = render_template(
        "surveys/staff_settings.html",
        title=i18n.gettext("What customers are asked"),
        save_url=url_for(".save"),
        after=str(now.number),
        kinds=[("", i18n.gettext("No second question")),
               *((key, i18n.say(label)) for key, label in questions.KINDS.items())],
        own_questions=[{"id": f"own_{code}", "label": one.own_name} for code, one in i18n.languages().items()],
        typed=_typed(now) | form.typed,
        versions=[
            {"number": str(one.number), "at": i18n.moment(one.made_at, person().creditor.time_zone),
             "by": names.get(one.made_by or 0, "–")}
            for one in written
        ],
        back_url=url_for("feedback_creditor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )  # fmt: skip
    return page, status


def _typed(now: Version) -> dict[str, str]:
    own = {f"own_{code}": now.own.get(code, "") for code in i18n.languages()}
    return {
        "on": "yes" if now.on else "", "soften": "yes" if now.soften else "", "question": now.question or "",
        "nothing_days": str(now.nothing_days), "remind_days": str(now.remind_days), **own,
    }  # fmt: skip


@blueprint.post("/settings/surveys")
@allow(Permission.PLANS)
def save() -> Any:
    """A new version; 409 with both where a colleague was faster."""
    form = Form()
    wanted, after = _wanted(form), form.number("after", 0, 9999)
    if form.wrong:
        return _page(form, 422)
    try:
        policies.write(wanted, by=person().staff_id, after=after)
    except Overtaken as overtaken:
        form.wrong["question"] = overtaken.text
        return _page(form, 409)
    flash(i18n.say(t("Saved. It holds for whoever is asked from now on.")), "done")
    return redirect(url_for(".show"), 303)


def _wanted(form: Form) -> Version:
    on, soften = form.ticked("on"), form.ticked("soften")
    question = form.choice("question", frozenset({"", *questions.KINDS}), t("Please choose."))
    own = {code: form.text(f"own_{code}", longest=questions.LONGEST_QUESTION) for code in i18n.languages()}
    if question in questions.OWN:
        for code, words in own.items():
            found = next(iter(tone.lexicon(tone.BODY, words, code)), None)
            if not words and code in {person().creditor.language, "en"}:  # whom no other suits reads one of these
                form.wrong[f"own_{code}"] = t("Please write your question in this language, too.")
            elif found is not None and f"own_{code}" not in form.wrong:
                said = t("Customers read this. Please say it without “%(words)s”.", words=found.words)
                form.wrong[f"own_{code}"] = said
    return Version(
        on=on,
        question=question or None,
        own={code: words for code, words in own.items() if words},
        nothing_days=form.number("nothing_days", 0, LONGEST_WAIT),
        remind_days=form.number("remind_days", 0, 20),
        soften=soften,
    )
