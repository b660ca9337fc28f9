"""Contesting an invoice on one page, and what a customer may do about it afterwards (rules C-13, C-33, A-65)."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from portal.cases import debtor_pages as case_pages
from portal.cases import file_forms, kinds
from portal.cases import rules as case_rules
from portal.core import clock
from portal.core.text import Text, t
from portal.debtors.visits import Current, answering, current
from portal.disputes import actions, presenting, queries, reasons, rules
from portal.disputes.forms import DisputeForm
from portal.disputes.models import Dispute
from portal.documents.models import StoredFile
from portal.invoices import lines as invoice_lines
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("disputes_debtor", __name__)


@blueprint.get("/disputes/new")
def choose() -> Any:
    """Which document it is about, where there are several."""
    visit = answering()
    today = clock.today(visit.creditor.time_zone)
    items = invoice_queries.items_of_debtor(visit.debtor_id, visit.invoice_id)
    first = list({item.invoice_id: item for item in reversed(items)}.values())[::-1]
    return render_template(
        "disputes/debtor_choose.html",
        title=i18n.gettext("Which document is it about?"),
        documents=[
            {
                "title": i18n.say(t("Invoice %(number)s", number=item.number)),
                "due": invoices.due(item, today),
                "open": i18n.money(item.open),
                "href": url_for(".show_form", invoice_id=item.invoice_id),
            }
            for item in first
        ],
    )


def _reached(visit: Current, invoice_id: int) -> tuple[Invoice, StoredFile | None]:
    """The invoice, if this visit's link reaches it (rule A-07)."""
    reached = queries.with_file(invoice_id) if visit.reaches(None, invoice_id) else None
    found: tuple[Invoice, StoredFile | None] = only_own(reached)
    return found


@blueprint.get("/invoices/<id:invoice_id>/dispute")
def show_form(invoice_id: int) -> Any:
    """The page to contest it; what was contested already is shown where it stands."""
    invoice, file = _reached(answering(), invoice_id)
    before = queries.said_before(invoice_id)
    if before.case_id is not None:
        return redirect(url_for("cases_debtor.show_case", case_id=before.case_id), 303)
    kind = request.args.get("kind", "")
    return _form_page(invoice, file, DisputeForm.blank(before.words), kind)


def _form_page(invoice: Invoice, file: StoredFile | None, read: DisputeForm, kind: str = "") -> Any:
    """`kind` is the category whose reasons stand first, where another page asked for it."""
    visit, typed = current(), read.form.typed
    items, most = actions.contestable(invoice)
    today = clock.today(visit.creditor.time_zone)
    lines = invoice_lines.of(invoice, file)
    abouts = [key for key in rules.ABOUT if lines or key != rules.LINES]
    page = render_template(
        "disputes/debtor_form.html",
        title=i18n.gettext("What is wrong with it?"),
        document={
            "title": i18n.say(t("Invoice %(number)s", number=invoice.number)),
            "due": invoices.due(items[0], today),
            "open": i18n.money(most),
        },
        send_url=url_for(".submit", invoice_id=invoice.id),
        groups=presenting.grouped(reasons.offered(), kind),
        abouts=[(key, i18n.say(rules.ABOUT[key]), "") for key in abouts],
        lines=presenting.to_tick(lines, typed.get("lines", "")),
        typed={name: typed.get(name, "") for name in ("reason", "about", "amount", "words")},
        files=file_forms.fields(),
        promise=i18n.say(_promise(visit)),
        errors=read.form.errors,
        error_of=dict(read.form.errors),
        back_url=url_for("invoices_debtor.show", invoice_id=invoice.id),
    )
    return page, 422 if read.form.wrong else 200


def _promise(visit: Current) -> Text:
    """By when somebody answers, at the latest: the slowest desk's word."""
    days = max([kinds.KINDS[kinds.DISPUTE].answer_days, *_desk_days()])
    by = case_rules.answer_by(clock.now(), days, visit.creditor.time_zone)
    name = visit.creditor.display_name
    return t("A person at %(creditor)s answers you by %(day)s.", creditor=name, day=i18n.day(by.date()))


def _desk_days() -> list[int]:
    return [one.answer_days for one in reasons.case_desks.desks().values() if one.answer_days is not None]


@blueprint.post("/invoices/<id:invoice_id>/dispute")
def submit(invoice_id: int) -> Any:
    visit = answering()
    invoice, file = _reached(visit, invoice_id)
    _, most = actions.contestable(invoice)
    read = DisputeForm.read(reasons.offered(), invoice_lines.of(invoice, file), most)
    if read.said is None:
        return _form_page(invoice, file, read)
    dispute = actions.raise_dispute(visit, invoice, read.said, read.files)
    return _to_case(dispute.id, t("Thank you. %(creditor)s knows now.", creditor=visit.creditor.display_name))


def _to_case(dispute_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("cases_debtor.show_case", case_id=queries.case_of(dispute_id).id), 303)


def _own(dispute_id: int) -> Dispute:
    """The dispute, if this visit reaches its case, or 404."""
    answering()
    dispute: Dispute = only_own(queries.dispute(dispute_id))
    case_pages.own(queries.case_of(dispute.id).id)
    return dispute


@blueprint.get("/disputes/<id:dispute_id>")
def show(dispute_id: int) -> Any:
    """Where it stands: the page of its case."""
    dispute = _own(dispute_id)
    return redirect(url_for("cases_debtor.show_case", case_id=queries.case_of(dispute.id).id), 303)


def _again(dispute: Dispute, form: Form) -> Any:
    g.dispute_form = form
    return case_pages.page(queries.case_of(dispute.id), form)


@blueprint.post("/disputes/<id:dispute_id>/withdraw")
def withdraw(dispute_id: int) -> Any:
    dispute = _own(dispute_id)
    actions.withdraw(dispute.id)
    return _to_case(dispute.id, t("Done. You have taken it back."))


@blueprint.post("/disputes/<id:dispute_id>/again")
def ask_again(dispute_id: int) -> Any:
    """What was not valid is looked at once more."""
    dispute, form = _own(dispute_id), Form()
    words = form.text("again", longest=MAX_WORDS, needed=t("Please say what we should look at."))
    if form.wrong:
        return _again(dispute, form)
    actions.reopen(current(), dispute.id, words)
    return _to_case(dispute.id, t("Thank you. We look at it once more."))
