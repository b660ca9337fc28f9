"""Talk to a human, ask in writing, see the answer (rules C-31, pain 11)."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, url_for

from portal.cases import actions, queries
from portal.core import ids
from portal.core.text import t
from portal.debtors.visits import Current, current
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import debtor_blueprint, only_own
from portal.web.offers import Offer

blueprint = debtor_blueprint("cases_debtor", __name__)

KIND = "ask"
ADVICE = (
    (
        t("Over-indebtedness bodies (OCC)"),
        t(
            "Public bodies that help families and small firms to put debts in order. Your town hall or chamber of "
            "commerce knows the nearest one."
        ),
    ),
    (
        t("Consumer associations"),
        t("Adiconsum, Altroconsumo, Federconsumatori and others look at your papers and advise you."),
    ),
)


def offer(visit: Current, _items: Sequence[Any]) -> list[Offer]:
    if not visit.may_answer:
        return []
    road = url_for("cases_debtor.show_help")
    return [Offer(t("Ask, or talk to a person"), t("A question, a doubt, a hard month"), road, 10, KIND)]


@blueprint.get("/help")
def show_help() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    may_ask = current().may_answer
    page = render_template(
        "home/debtor_help.html",
        title=i18n.gettext("Talk to us"),
        ask_url=url_for(".ask") if may_ask else None,
        question=form.typed.get("question", ""),
        errors=form.errors,
        advice=[(i18n.say(label), i18n.say(text)) for label, text in ADVICE],
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/help")
def ask() -> Any:
    visit, form = current(), Form()
    if not visit.may_answer:
        only_own(None)
    words = form.text("question", longest=MAX_WORDS, needed=t("Please write what you would like to know."))
    if form.wrong:
        return _page(form)
    kept = actions.ask(visit, words, invoice_id=visit.invoice_id)
    return redirect(url_for(".show_question", question_id=kept.id), 303)


@blueprint.get("/questions/<id:question_id>")
def show_question(question_id: int) -> Any:
    """The question as written, and the answer once there is one."""
    visit = current()
    if not visit.may_answer:
        only_own(None)
    kept = only_own(queries.question(question_id))
    if visit.invoice_id is not None and kept.visit_id != visit.id and kept.invoice_id != visit.invoice_id:
        only_own(None)  # asked elsewhere, about something that this link does not reach (rule A-07)
    zone = visit.creditor.time_zone
    answers = [(i18n.gettext("In your words"), kept.words)]
    if kept.reply:
        answers.insert(0, (i18n.say(t("%(name)s answers", name=kept.reply_name)), kept.reply))
    heading = t("Thank you. %(creditor)s has your question.", creditor=visit.creditor.display_name)
    if kept.reply:
        heading = t("Here is your answer")
    steps = [] if kept.reply else [t("A person reads it and answers."), t("We write to you when the answer is here.")]
    return render_template(
        "confirmations/debtor_done.html",
        title=i18n.gettext("Your question"),
        heading=i18n.say(heading),
        happened=i18n.say(t("You asked on %(moment)s.", moment=i18n.moment(kept.asked_at, zone))),
        reference=ids.spell(kept.id).upper(),
        answers=answers,
        steps=[i18n.say(step) for step in steps],
        keep_url=None,
        mail_url=None,
        mail_to="",
        disclaimer="",
        actions=[],
        change_url=url_for(".show_help"),
    )
