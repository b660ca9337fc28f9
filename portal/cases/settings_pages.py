"""How the creditor's people answer: texts to begin with, and whether words are looked through for hints."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.cases import policies
from portal.core.text import Text, t
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("case_settings_creditor", __name__)


@blueprint.get("/settings/answers")
@allow(Permission.SETTINGS)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    languages = [(code, one.own_name) for code, one in i18n.languages().items()]
    page = render_template(
        "cases/staff_settings.html",
        title=i18n.gettext("Answers"),
        suggests=policies.suggests(),
        suggest_url=url_for(".switch"),
        texts=[
            {
                "name": one.name,
                "language": dict(languages).get(one.language, one.language),
                "words": one.words,
                "drop_url": url_for(".drop", text_id=one.id),
            }
            for one in policies.texts()
        ],
        keep_url=url_for(".keep"),
        written_in=languages,
        typed=form.typed,
        errors=form.errors,
        error_of=dict(form.errors),
        back_url=url_for("settings_creditor.show"),
    )
    return page, 422 if form.wrong else 200


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)


@blueprint.post("/settings/answers/suggestions")
@allow(Permission.SETTINGS)
def switch() -> Any:
    policies.let_suggest(request.form.get("suggestions") == "yes")
    return _done(t("Done."))


@blueprint.post("/settings/answers/texts")
@allow(Permission.SETTINGS)
def keep() -> Any:
    form = Form()
    language = form.choice("language", frozenset(i18n.languages()), t("Please choose the language."))
    name = form.text("name", longest=60, needed=t("Please give it a name."))
    words = form.text("words", longest=MAX_WORDS, needed=t("Please write the words."))
    if form.wrong or language is None:
        return _page(form)
    policies.keep_text(language, name, words)
    return _done(t("Done. Your colleagues find it beside their answers."))


@blueprint.post("/settings/answers/texts/<id:text_id>/drop")
@allow(Permission.SETTINGS)
def drop(text_id: int) -> Any:
    policies.drop_text(only_own(policies.text(text_id)))
    return _done(t("Done. It is gone."))
