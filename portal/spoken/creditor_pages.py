"""Three roads out of a call: the customer named a day, wants to pay in parts, or says that something is wrong."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors.models import Debtor
from portal.disputes import actions as disputes
from portal.disputes import presenting as dispute_words
from portal.disputes import queries as dispute_queries
from portal.disputes import reasons
from portal.disputes import rules as dispute_rules
from portal.disputes.forms import DisputeForm
from portal.documents.models import StoredFile
from portal.invoices import lines as invoice_lines
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.invoices.payable import Line
from portal.people import queries as people
from portal.people.models import Staff
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.plans import actions as plans
from portal.plans import agreement, answer_forms, bounds, panels, talking
from portal.plans import rules as plan_rules
from portal.plans.answering import Answer
from portal.promises import actions as promises
from portal.promises.forms import PromiseForm
from portal.web import i18n
from portal.web.forms import Form, chosen_ids
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("spoken_creditor", __name__)

SPOKEN = "spoken"


def _call(call_case_id: int) -> Case:
    """The case of a call that is still open. Raises NotAllowedNow once somebody has closed it."""
    case: Case = only_own(case_queries.case(call_case_id))
    if case.kind != kinds.CALL_TO_MAKE:
        only_own(None)
    if case.status is CaseStatus.CLOSED:
        raise NotAllowedNow(case_pages.who_was_faster(case))
    return case


def _me() -> Staff:
    found: Staff = only_own(people.by_id(person().staff_id))
    return found


def _customer(case: Case) -> Debtor:
    return db.session().get_one(Debtor, case.debtor_id)


def _done(call: Case, kind: str, subject_id: int, sentence: Text) -> Any:
    """The call has reached them: its case ends, and what came of it has its own."""
    cases.see(call, person().staff_id)
    cases.close(call, SPOKEN)
    flash(i18n.say(sentence), "done")
    case: Case = only_own(case_queries.about(kind, subject_id))
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


def _shared(call: Case, form: Form) -> dict[str, Any]:
    return {
        "customer": _customer(call).name,
        "back_url": url_for("cases_creditor.show", case_id=call.id),
        "version": form.typed.get("version") or call.version,
        "errors": form.errors,
        "error_of": dict(form.errors),
    }


@blueprint.get("/calls/<id:call_case_id>/promise")
@allow(Permission.ANSWER)
def show_promise(call_case_id: int) -> Any:
    """They named a day."""
    call = _call(call_case_id)
    return _promise_page(call, promises.open_lines(call.debtor_id)[0], PromiseForm.blank([]))


@blueprint.post("/calls/<id:call_case_id>/promise")
@allow(Permission.ANSWER)
def keep_promise(call_case_id: int) -> Any:
    call = _call(call_case_id)
    lines, wanted = promises.open_lines(call.debtor_id)[0], set(chosen_ids(Form().listed("items[]")))
    if not wanted <= {line.item.item_id for line in lines}:
        only_own(None)
    chosen = [line for line in lines if line.item.item_id in wanted]
    found = _room(call, chosen or lines)
    why_not = found.why_not([line.item for line in chosen])
    if why_not is not None:
        raise NotAllowedNow(why_not)
    read = PromiseForm.read(chosen, found.bounds, clock.today(person().creditor.time_zone), found.last)
    if not read.parts or read.pay_on is None:
        return _promise_page(call, lines, read)
    case_pages.unchanged(call, read.form)
    made = promises.make(call.debtor_id, read.parts, read.pay_on, remind=read.remind)
    return _done(call, kinds.PROMISE, made.id, t("Done. Until then nobody reminds them."))


def _room(call: Case, lines: list[Line]) -> promises.Room:
    face = person().creditor
    return promises.room(face, call.debtor_id, [line.item for line in lines], clock.today(face.time_zone))


def _promise_page(call: Case, lines: list[Line], read: PromiseForm) -> Any:
    typed, today = read.form.typed, clock.today(person().creditor.time_zone)
    found = _room(call, lines)
    free = [line for line in lines if found.why_not([line.item]) is None]
    refused = found.why_not([line.item for line in lines]) if lines and not free else None
    chosen = set(read.chosen) or {line.item.item_id for line in free if line.free and line.item.due_on <= today}
    page = render_template(
        "spoken/staff_promise.html",
        title=i18n.gettext("They named a day"),
        save_url=url_for(".keep_promise", call_case_id=call.id) if free else None,
        why_not=i18n.say(refused or t("There is nothing open for which a day can be named.")) if not free else "",
        choices=[_choice(line, line.item.item_id in chosen) for line in free],
        typed={"pay_on": typed.get("pay_on", ""), "amount": typed.get("amount", "")},
        remind=typed.get("remind") == "yes",
        first_day=today.isoformat(),
        last_day=found.last.isoformat(),
        last_said=i18n.day(found.last),
        **_shared(call, read.form),
    )
    return page, 422 if read.form.wrong else 200


def _choice(line: Line, chosen: bool) -> dict[str, Any]:
    today = clock.today(person().creditor.time_zone)
    return {
        "id": ids.spell(line.item.item_id),
        "title": invoices.title(line.item),
        "due": invoices.due(line.item, today),
        "open": i18n.money(line.amount),
        "chosen": chosen,
    }


@blueprint.get("/calls/<id:call_case_id>/plan")
@allow(Permission.ANSWER)
def show_plan(call_case_id: int) -> Any:
    """They want to pay in parts: terms with their whole schedule, before anything is kept."""
    call, form = _call(call_case_id), Form()
    found = _plan_room(call)
    made = _terms(found, form) if request.args.get("instalments") is not None else None
    return _plan_page(call, found, form, made)


@blueprint.post("/calls/<id:call_case_id>/plan/offer")
@allow(Permission.ANSWER)
def keep_plan(call_case_id: int) -> Any:
    """It goes to the customer to be accepted with a code; beyond the policy first before who may agree that."""
    call, form = _call(call_case_id), Form()
    found = _plan_room(call)
    why_not = plan_rules.why_not_here(found.policy, found.standing)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    made = _terms(found, form)
    if made is None or form.wrong:
        return _plan_page(call, found, form, None)
    case_pages.unchanged(call, form)
    plan = plans.offer(_customer(call), found, made.wish, visit_id=None, by_phone=True)
    if bounds.why_not_yours(made.beyond, may_go_beyond=person().may(Permission.BEYOND_POLICY)) is not None:
        return _done(call, kinds.PLAN, plan.id, t("Done. A manager decides; then the customer is told."))
    talking.agree(plan, person().staff_id)
    return _done(call, kinds.PLAN, plan.id, t("Done. The customer finds it on their page, to be accepted."))


def _plan_room(call: Case) -> plans.Room:
    """Everything of theirs that may be in a plan and is in none."""
    return plans.room(_customer(call), plans.untaken(call.debtor_id))


def _terms(found: plans.Room, form: Form) -> Answer | None:
    beyond = person().may(Permission.BEYOND_POLICY)
    return panels.proposed(found.debt, form, found, may_exceed=beyond, may_go_beyond=True)


def _plan_page(call: Case, found: plans.Room, form: Form, made: Answer | None) -> Any:
    refused = plan_rules.why_not_here(found.policy, found.standing) if found.items else None
    if not found.items:
        refused = t("There is nothing open for a plan.")
    wishes = found.choices() if refused is None else []
    blank = dict.fromkeys(("instalments", "first_on", "every", "down", "discount"), "")
    first = answer_forms.typed(wishes[0], found.today) if wishes and not form.typed else {}
    not_mine = made is not None and bounds.why_not_yours(
        made.beyond, may_go_beyond=person().may(Permission.BEYOND_POLICY)
    )
    page = render_template(
        "spoken/staff_plan.html",
        title=i18n.gettext("They want to pay in parts"),
        refused=i18n.say(refused) if refused is not None else "",
        whole=i18n.money(found.debt),
        look_url=url_for(".show_plan", call_case_id=call.id),
        save_url=url_for(".keep_plan", call_case_id=call.id),
        every=[(key, i18n.say(label)) for key, label in agreement.EVERY.items()],
        typed={**blank, **first, **form.typed},
        preview=panels.preview_of(made) if made is not None else None,
        not_mine=i18n.say(not_mine) if not_mine else "",
        **_shared(call, form),
    )
    return page, 422 if form.wrong else 200


@blueprint.get("/calls/<id:call_case_id>/dispute")
@allow(Permission.ANSWER)
def choose_document(call_case_id: int) -> Any:
    """Something is wrong: with which document?"""
    call = _call(call_case_id)
    today = clock.today(person().creditor.time_zone)
    first = {item.invoice_id: item for item in reversed(invoice_queries.items_of_debtor(call.debtor_id))}
    if len(first) == 1:
        return redirect(url_for(".show_dispute", call_case_id=call.id, invoice_id=next(iter(first))), 303)
    return render_template(
        "spoken/staff_which.html",
        title=i18n.gettext("Something is wrong"),
        documents=[
            {
                "title": i18n.say(t("Invoice %(number)s", number=item.number)),
                "due": invoices.due(item, today),
                "open": i18n.money(item.open),
                "href": url_for(".show_dispute", call_case_id=call.id, invoice_id=item.invoice_id),
            }
            for item in reversed(first.values())
        ],
        **_shared(call, Form()),
    )


def _document(call: Case, invoice_id: int) -> tuple[Invoice, StoredFile | None]:
    found: tuple[Invoice, StoredFile | None] = only_own(dispute_queries.with_file(invoice_id))
    if found[0].debtor_id != call.debtor_id:
        only_own(None)
    return found


@blueprint.get("/calls/<id:call_case_id>/dispute/<id:invoice_id>")
@allow(Permission.ANSWER)
def show_dispute(call_case_id: int, invoice_id: int) -> Any:
    """What is wrong with it, and how much of it; what was contested already is shown where it stands."""
    call = _call(call_case_id)
    invoice, file = _document(call, invoice_id)
    before = dispute_queries.said_before(invoice_id)
    if before.case_id is not None:
        return redirect(url_for("cases_creditor.show", case_id=before.case_id), 303)
    return _dispute_page(call, invoice, file, DisputeForm.blank(""))


@blueprint.post("/calls/<id:call_case_id>/dispute/<id:invoice_id>")
@allow(Permission.ANSWER)
def keep_dispute(call_case_id: int, invoice_id: int) -> Any:
    call = _call(call_case_id)
    invoice, file = _document(call, invoice_id)
    _, most = disputes.contestable(invoice)
    read = DisputeForm.read(reasons.offered(), invoice_lines.of(invoice, file), most)
    if read.said is None:
        return _dispute_page(call, invoice, file, read)
    case_pages.unchanged(call, read.form)
    dispute = disputes.raise_by_phone(invoice, read.said, _me())
    return _done(call, kinds.DISPUTE, dispute.id, t("Done. It rests, and the customer has been told."))


def _dispute_page(call: Case, invoice: Invoice, file: StoredFile | None, read: DisputeForm) -> Any:
    typed = read.form.typed
    items, most = disputes.contestable(invoice)
    lines = invoice_lines.of(invoice, file)
    page = render_template(
        "spoken/staff_dispute.html",
        title=i18n.gettext("Something is wrong"),
        document={
            "title": i18n.say(t("Invoice %(number)s", number=invoice.number)),
            "due": invoices.due(items[0], clock.today(person().creditor.time_zone)),
            "open": i18n.money(most),
        },
        send_url=url_for(".keep_dispute", call_case_id=call.id, invoice_id=invoice.id),
        groups=dispute_words.grouped(reasons.offered()),
        abouts=[(key, i18n.say(dispute_rules.ABOUT[key]), "") for key in dispute_rules.ABOUT
                if lines or key != dispute_rules.LINES],
        lines=dispute_words.to_tick(lines, typed.get("lines", "")),
        typed={name: typed.get(name, "") for name in ("reason", "about", "amount", "words")},
        **_shared(call, read.form),
    )  # fmt: skip
    return page, 422 if read.form.wrong else 200
