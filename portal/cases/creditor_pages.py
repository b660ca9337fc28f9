"""One case before the creditor's people: what was said, and what they may do about it."""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for

from portal.cases import (
    actions,
    causes,
    desks,
    downloads,
    files,
    forms,
    kinds,
    numbers,
    panels,
    policies,
    presenting,
    queries,
    suggesting,
)
from portal.cases.models import CUSTOMER, Case, CaseEntry
from portal.cases.states import CaseStatus
from portal.core import clock, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.invoices import queries as invoices
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("cases_creditor", __name__)


_WROTE = frozenset({"case.answered", "case.written", "case.reopened"})


def own(case_id: int) -> Case:
    """The case, or 404; private ones are there for who may see them (rule C-26)."""
    found: Case = only_own(queries.case(case_id))
    if kinds.KINDS[found.kind].private and not person().may(Permission.HARDSHIP):
        only_own(None)
    return found


@blueprint.get("/cases/<id:case_id>")
@allow(Permission.READ)
def show(case_id: int) -> Any:
    return page(own(case_id), Form())


def page(case: Case, form: Form) -> Any:
    """The case's page with what was typed and what is wrong with it; features answer their own forms with it."""
    zone, creditor = person().creditor.time_zone, person().creditor
    debtor = debtors.debtor(case.debtor_id)
    customer = debtor.name if debtor is not None else ""
    may = person().may(Permission.ANSWER)
    panel = panels.of(case, panels.for_staff)
    is_open, entries = case.status is not CaseStatus.CLOSED, queries.entries(case.id)
    kept = files.of(case.id)
    answer = render_template(
        "cases/staff_case.html",
        title=i18n.say(t("Case %(number)s", number=numbers.spoken(case.number))),
        case=presenting.summary(case, zone),
        customer=customer,
        customer_url=url_for("debtors_creditor.show", debtor_id=case.debtor_id),
        next=presenting.next_step(case, creditor.display_name, customer, zone),
        facts=_facts(case, zone),
        panel=panel,
        thread=presenting.thread(case, entries, "staff", customer, zone),
        kept=presenting.files(
            kept, lambda one: url_for("cases_creditor.download", case_id=case.id, case_file_id=one)
        ),
        scanned=all(one.scanned for one in kept),
        version=case.version,
        words=form.typed.get("words") or _begun(debtor.language if debtor is not None else None),
        texts=_texts(debtor.language) if may and is_open and debtor is not None else [],
        text_url=url_for("cases_creditor.show", case_id=case.id),
        hints=_hints(case, entries),
        answer_url=url_for("cases_creditor.answer", case_id=case.id)
        if may and is_open and not (case.at_the_door or case.is_internal)
        else None,
        close_url=url_for("cases_creditor.close", case_id=case.id)
        if may and is_open and _closes_here(case, panel)
        else None,
        outcomes=_outcomes(case),
        assign_url=url_for("cases_creditor.assign", case_id=case.id) if may and is_open else None,
        owner=str(case.owner_id or ""),
        owners=[(str(staff_id), name) for staff_id, name in _owners(case)] if may else [],
        put_off_url=url_for("cases_creditor.put_off", case_id=case.id) if may and is_open else None,
        until=form.typed.get("until", ""),
        is_put_off=case.snoozed_until is not None and case.snoozed_until > clock.now(),
        see_url=url_for("cases_creditor.see", case_id=case.id) if may and is_open and case.seen_at is None else None,
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return answer, 422 if form.wrong else 200


@blueprint.get("/cases/<id:case_id>/files/<id:case_file_id>")
@allow(Permission.READ)
def download(case_id: int, case_file_id: int) -> Response:
    return downloads.saved(own(case_id), case_file_id)


def _closes_here(case: Case, panel: panels.Panel | None) -> bool:
    """Whether no feature has its own way to end it: none stands behind it, or all of it is over already."""
    return case.subject_id is None or (panel is not None and panel.leaves_closing)


def _facts(case: Case, zone: str) -> list[tuple[str, str]]:
    names = people.names([case.owner_id, case.seen_by])
    invoice = invoices.invoice(case.invoice_id) if case.invoice_id is not None else None
    found = [
        (t("Number"), numbers.spoken(case.number)),
        (t("Opened"), i18n.moment(case.opened_at, zone)),
        (t("About"), i18n.say(t("Invoice %(number)s", number=invoice.number)) if invoice is not None else ""),
        (t("Reason"), i18n.say(causes.label(case.kind, case.cause) or "")),
        (t("Desk"), i18n.say(desks.name(case.desk, desks.desks()))),
        (t("Owner"), names.get(case.owner_id or 0, "")),
        (t("Seen by"), names.get(case.seen_by or 0, "")),
        (t("Put off until"), i18n.moment(case.snoozed_until, zone) if case.snoozed_until is not None else ""),
    ]
    return [(i18n.say(label), value) for label, value in found if value]


def _owners(case: Case) -> list[tuple[int, str]]:
    return people.answerers(case.creditor_id, desks.permission(case.kind))


def _texts(language: str) -> list[tuple[str, str]]:
    """The creditor's texts in the customer's language, to begin an answer with."""
    return [(ids.spell(one.id), one.name) for one in policies.texts(language)]


def _begun(language: str | None) -> str:
    """The words of the text that was chosen, for the field; nothing where none was."""
    try:
        found = policies.text(ids.read(request.args.get("text", "")))
    except ValueError:
        return ""
    return found.words if found is not None and found.language == language else ""


def _hints(case: Case, entries: Sequence[CaseEntry]) -> list[dict[str, Any]]:
    """What the customer's words may mean besides what the case is, each with its sentence; never an act."""
    if not policies.suggests():
        return []
    words = "\n".join([case.words or "", *(one.words for one in entries if one.author == CUSTOMER)])
    return [
        {
            "kind": i18n.say(kinds.KINDS[one.kind].label),
            "sentence": one.sentence,
            "is_sure": one.is_sure,
        }
        for one in suggesting.suggest(words, apart_from=case.kind)
        if one.kind not in kinds.PRIVATE or person().may(Permission.HARDSHIP)  # rule C-26
    ]


def _outcomes(case: Case) -> list[tuple[str, str]]:
    keys = [*kinds.KINDS[case.kind].outcomes, kinds.ANSWERED]
    return [(key, i18n.say(kinds.outcome(case.kind, key) or Text(key))) for key in keys]


def unchanged(case: Case, form: Form) -> None:
    """Raises NotAllowedNow, with who and when, when somebody did something since the page was opened."""
    seen = form.text("version", longest=12)
    if seen == str(case.version):
        return
    raise NotAllowedNow(who_was_faster(case))


def who_was_faster(case: Case) -> Text:
    """Who did something in the case last, and when: for somebody who saw it as it was before."""
    lately, me = queries.last_act(case.id), person()
    if lately is None or (lately.actor_kind == "staff" and lately.actor_id == me.staff_id):
        return t("Something changed in this case after you had opened it. Please look at it again.")
    staff = people.names([lately.actor_id]) if lately.actor_kind == "staff" else {}
    who = staff.get(lately.actor_id or 0) or i18n.gettext("The customer")
    when = i18n.moment(lately.at, me.creditor.time_zone)
    if lately.name in _WROTE:
        return t("%(who)s wrote in this case on %(when)s, after you had opened it. Please read it first.",
                 who=who, when=when)  # fmt: skip
    number = numbers.spoken(case.number)
    return t("%(who)s changed case %(number)s on %(when)s, after you had opened it. Please look at it again.",
             who=who, number=number, when=when)  # fmt: skip


def _done(case: Case, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", case_id=case.id), 303)


@blueprint.post("/cases/<id:case_id>/answer")
@allow(Permission.ANSWER)
def answer(case_id: int) -> Any:
    """Kept with the name of who answered; the customer is told that an answer is there."""
    case, form = own(case_id), Form()
    if case.at_the_door:
        raise NotAllowedNow(t("Nobody could read this answer: it was said at the door, without proof."))
    if case.is_internal:
        raise NotAllowedNow(t("This is among yourselves: the customer does not read it."))
    words = form.text("words", longest=MAX_WORDS, needed=t("Please write your answer."))
    if form.wrong:
        return page(case, form)
    unchanged(case, form)
    actions.answer(case, words, _me())
    return _done(case, t("Done. The customer has been told that your answer is here."))


@blueprint.post("/cases/<id:case_id>/see")
@allow(Permission.ANSWER)
def see(case_id: int) -> Any:
    """Somebody has it before them; twice is once."""
    case = own(case_id)
    actions.see(case, _me().id)
    return _done(case, t("Done. Your colleagues know that you have seen it."))


@blueprint.post("/cases/<id:case_id>/close")
@allow(Permission.ANSWER)
def close(case_id: int) -> Any:
    """Of cases that no feature ends, or not any more."""
    case, form = own(case_id), Form()
    if not _closes_here(case, panels.of(case, panels.for_staff)):
        abort(404)
    outcome = form.choice("outcome", {key for key, _ in _outcomes(case)}, t("Please choose how it ended."))
    if outcome is None:
        return page(case, form)
    unchanged(case, form)
    actions.see(case, _me().id)
    actions.close(case, outcome)
    return _done(case, t("Done. The case is closed."))


@blueprint.post("/cases/<id:case_id>/assign")
@allow(Permission.ANSWER)
def assign(case_id: int) -> Any:
    case, form = own(case_id), Form()
    owner = forms.owner(form, _owners(case))
    if owner is None:
        return page(case, form)
    unchanged(case, form)
    actions.assign(case, owner)
    return _done(case, t("Done. It is theirs now."))


@blueprint.post("/cases/<id:case_id>/put-off")
@allow(Permission.ANSWER)
def put_off(case_id: int) -> Any:
    """Out of the queue until the morning of that day."""
    case, form = own(case_id), Form()
    if request.form.get("back"):
        unchanged(case, form)
        actions.put_off(case, None)
        return _done(case, t("Done. It is back in the queue."))
    until = forms.until(form, person().creditor.time_zone)
    if until is None:
        return page(case, form)
    unchanged(case, form)
    actions.see(case, _me().id)
    actions.put_off(case, until)
    return _done(case, t("Done. It comes back on that morning."))


def _me() -> Any:
    return people.by_id(person().staff_id)
