"""The same questionnaire for who asks on the telephone: the source and the interviewer are kept with the answer."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import t
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.surveys import answering, presenting
from portal.surveys.forms import GivenForm
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("interviews_creditor", __name__)


@blueprint.get("/debtors/<id:debtor_id>/interview")
@allow(Permission.ANSWER)
def show(debtor_id: int) -> Any:
    return _page(debtor_id, GivenForm())


def _page(debtor_id: int, form: GivenForm) -> Any:
    debtor: Debtor = only_own(debtors.debtor(debtor_id))
    why_not = answering.why_not_interview(debtor_id)
    face, policy = person().creditor, form.policy()
    page = render_template(
        "surveys/staff_interview.html",
        title=i18n.gettext("Ask on the telephone"),
        name=debtor.name,
        why_not=why_not,
        opening=_opening(debtor, face.display_name),
        asked_of=face.display_name,
        question=presenting.second_question(policy),
        version=policy.number,
        typed={name: form.typed.get(name, "") for name in ("score", "words", "mark", "second_words")},
        send_url=url_for(".send", debtor_id=debtor_id),
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _opening(debtor: Debtor, creditor: str) -> str:
    """The first words, in the customer's language."""
    said = t(
        "“Good day, I am calling for %(creditor)s. May I ask you one or two questions about how it went? "
        "It takes a minute, and changes nothing about your documents.”",
        creditor=creditor,
    )
    return i18n.say(said, debtor.language)


@blueprint.post("/debtors/<id:debtor_id>/interview")
@allow(Permission.ANSWER)
def send(debtor_id: int) -> Any:
    """What the customer said, by the one who asked; 409 where they may not be asked."""
    only_own(debtors.debtor(debtor_id))
    form = GivenForm()
    policy = form.policy()
    given = form.read(policy)
    if given is None:
        return _page(debtor_id, form)
    staff_id = person().staff_id
    survey = answering.interview(debtor_id, staff_id)
    answering.keep(survey, given, policy=policy, source=answering.PHONE, by=staff_id)
    flash(i18n.say(t("Kept. It counts among the others, without the customer's name.")), "done")
    return redirect(url_for("debtors_creditor.show", debtor_id=debtor_id), 303)
