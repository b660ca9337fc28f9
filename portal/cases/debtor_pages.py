"""Talk to a human: ask, see one's own cases and where each stands, write on (rule C-31, pain 11)."""

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, redirect, render_template, url_for

from portal.cases import actions, downloads, file_forms, files, numbers, panels, presenting, queries
from portal.cases import rules as case_rules
from portal.cases.models import Case
from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current, answering, current
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import debtor_blueprint, only_own
from portal.web.offers import Offer

blueprint = debtor_blueprint("cases_debtor", __name__)

KIND = "ask"
# Who advises for nothing, and whether they are for consumers alone.
_ADVICE = (
    (
        False,
        t("Over-indebtedness bodies (OCC)"),
        t(
            "Public bodies that help families and small firms to put debts in order. Your town hall or chamber of "
            "commerce knows the nearest one."
        ),
    ),
    (
        True,
        t("Consumer associations"),
        t("Adiconsum, Altroconsumo, Federconsumatori and others look at your papers and advise you."),
    ),
)


def advice(debtor_kind: str) -> list[tuple[str, str]]:
    """Who advises for nothing, as (name, what they do) in the reader's language; a firm's debts are no consumers'."""
    return [
        (i18n.say(label), i18n.say(text))
        for consumers_only, label, text in _ADVICE
        if debtor_kind == "consumer" or not consumers_only
    ]


def offer(visit: Current, _items: Sequence[Any]) -> list[Offer]:
    if not visit.may_answer:
        return []
    road = url_for("cases_debtor.show_help")
    return [Offer(t("Ask, or talk to a person"), t("A question, a doubt, a hard month"), road, 10, KIND)]


@blueprint.get("/help")
def show_help() -> Any:
    return _help_page(Form())


def _help_page(form: Form) -> Any:
    visit = current()
    page = render_template(
        "home/debtor_help.html",
        title=i18n.gettext("Talk to us"),
        ask_url=url_for(".ask") if visit.may_answer else None,
        question=form.typed.get("question", ""),
        errors=form.errors,
        advice=advice(visit.debtor_kind),
        cases=_own_cases(visit) if visit.may_answer else [],
    )
    return page, 422 if form.wrong else 200


def _own_cases(visit: Current) -> list[dict[str, Any]]:
    zone = visit.creditor.time_zone
    return [
        presenting.summary(case, zone)
        | {
            "href": url_for(".show_case", case_id=case.id),
            "next": presenting.next_step(case, visit.creditor.display_name, visit.debtor_name, zone),
        }
        for case in queries.of_debtor(visit.debtor_id, visit.invoice_id)
        if may_see(visit, case)
    ]


@blueprint.post("/help")
def ask() -> Any:
    visit, form = answering(), Form()
    words = form.text("question", longest=MAX_WORDS, needed=t("Please write what you would like to know."))
    if form.wrong:
        return _help_page(form)
    kept = actions.ask(visit, words, invoice_id=visit.invoice_id)
    flash(i18n.say(t("Thank you. %(creditor)s has your question.", creditor=visit.creditor.display_name)), "done")
    return redirect(url_for(".show_case", case_id=kept.id), 303)


def may_see(visit: Current, case: Case) -> bool:
    """Whether this visit's link reaches the case (rule A-07)."""
    return not (case.at_the_door or case.is_internal) and visit.reaches(case.visit_id, case.invoice_id)


def own(case_id: int) -> Case:
    """The case, if this visit's link reaches it (rule A-07), or 404."""
    visit, found = answering(), queries.case(case_id)
    case: Case = only_own(found if found is not None and may_see(visit, found) else None)
    return case


@blueprint.get("/cases/<id:case_id>")
def show_case(case_id: int) -> Any:
    """What was said by both sides, where it stands, who acts next and by when."""
    return page(own(case_id), Form())


def page(case: Case, form: Form) -> Any:
    """The case's page with what was typed and what is wrong with it; features answer their own forms with it."""
    visit, kept = current(), files.of(case.id)
    zone = visit.creditor.time_zone
    panel = panels.of(case, panels.for_customer)
    why_not = case_rules.why_not_write(case.status, case.closed_at, clock.now())
    why_not = panel.why_not_write if panel is not None and panel.why_not_write is not None else why_not
    answer = render_template(
        "cases/debtor_case.html",
        title=i18n.say(t("Your number %(number)s", number=numbers.spoken(case.number))),
        case=presenting.summary(case, zone),
        next=presenting.next_step(case, visit.creditor.display_name, visit.debtor_name, zone),
        panel=panel,
        thread=presenting.thread(case, queries.entries(case.id), "customer", visit.debtor_name, zone),
        kept=presenting.files(kept, lambda one: url_for("cases_debtor.download", case_id=case.id, case_file_id=one)),
        files=file_forms.fields(len(kept)) if case_rules.takes_files(case.kind) else None,
        write_url=url_for("cases_debtor.write", case_id=case.id) if why_not is None else None,
        why_not=i18n.say(why_not) if why_not is not None else "",
        words=form.typed.get("words", ""),
        errors=form.errors,
        help_url=url_for("cases_debtor.show_help"),
    )
    return answer, 422 if form.wrong else 200


@blueprint.post("/cases/<id:case_id>/words")
def write(case_id: int) -> Any:
    case, form = own(case_id), Form()
    words = form.text("words", longest=MAX_WORDS)
    added = file_forms.read(form, len(files.of(case.id))) if case_rules.takes_files(case.kind) else ()
    if not words and not added and not form.wrong:
        form.wrong["words"] = t("Please write something first.")
    if form.wrong:
        return page(case, form)
    files.keep(current(), case, added)
    actions.write(current(), case, words or i18n.say(t("Here are more files: %(count)s.", count=len(added))))
    flash(i18n.say(t("Thank you. A person reads it and answers.")), "done")
    return redirect(url_for(".show_case", case_id=case.id), 303)


@blueprint.get("/cases/<id:case_id>/files/<id:case_file_id>")
def download(case_id: int, case_file_id: int) -> Response:
    """What they sent, as it was kept. Only within the session (rule A-09)."""
    return downloads.saved(own(case_id), case_file_id)
