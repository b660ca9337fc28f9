"""One invoice: its due items and books, what was said of its receipt, its papers, and what happened to it."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from portal.cases import ladder as case_ladder
from portal.confirmations import rules as receipts
from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, ids
from portal.core.text import Text, t
from portal.debtors import links
from portal.documents import store
from portal.inbox import debtor_queries, invoice_queries, presenting, stories, timeline
from portal.inbox.debtor_card_pages import item_rows
from portal.interest import presenting as interest
from portal.invoices import actions, copies, downloads, holds, own_pdf, paper_code
from portal.invoices import presenting as invoice_words
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.ledger import queries as ledger
from portal.ledger.rules import gathered
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.sdi import presenting as sdi
from portal.silence import presenting as silence
from portal.silence.rules import Silent
from portal.web import i18n, ladder
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("invoices_creditor", __name__)


@blueprint.get("/invoices/<id:invoice_id>")
@allow(Permission.READ)
def show(invoice_id: int) -> Any:
    return _page(invoice_id, Form())


def _page(invoice_id: int, form: Form) -> Any:
    """The page; with what was chosen wrong, beside the due item that it is about."""
    whose: invoice_queries.Whose = only_own(invoice_queries.whose(invoice_id))
    invoice, debtor = whose.invoice, whose.debtor
    found = debtor_queries.invoices(invoice_id=invoice_id)[0]
    page = timeline.of_invoice(invoice_id, list(found.items), request.args.get("after"))
    here = url_for(".show", invoice_id=invoice_id)
    errors = [(_field(form.typed.get("item", ""), form.typed.get("hold", "")), said) for _, said in form.errors]
    body = render_template(
        "invoices/staff_invoice.html",
        title=_title(invoice),
        debtor=debtor.name,
        debtor_url=url_for("debtors_creditor.show", debtor_id=debtor.id),
        open=i18n.money(found.open),
        stands=_stands(whose),
        details=_details(invoice, found, whose.silent),
        roads=_roads(invoice),
        items=item_rows(found),
        holds=_holds(found),
        lines=_lines(found),
        interest=interest.of_invoice(invoice_id, (item.due_on for item in found.items.values())),
        sdi=sdi.for_staff(invoice),
        answers=[_answer(answer) for answer in invoice_queries.answers(invoice_id)],
        code=_code(invoice),
        withdraw_url=_withdraw_url(invoice),
        entries=presenting.told(page.rows, here=here),
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=here if request.args.get("after") else None,
        older_url=url_for(".show", invoice_id=invoice_id, after=page.next_cursor) if page.next_cursor else None,
        errors=errors,
        error_of=dict(errors),
    )
    return body, 422 if form.wrong else 200


def _stands(whose: invoice_queries.Whose) -> str:
    """The sentence that its customer reads too; none for a credit note, on which nothing is due."""
    face = person().creditor
    items = invoices.items_of_debtor(whose.debtor.id, whose.invoice.id, only_open=False)
    if not items:
        return ""
    said = case_ladder.of_invoice(whose.debtor.id, whose.invoice.id, face.time_zone)
    rung = invoice_words.rung(items, clock.today(face.time_zone), face.time_zone, said)
    return ladder.sentence(rung, face.display_name, whose.debtor.name)


def _title(invoice: Invoice) -> str:
    label = t("Credit note %(number)s") if invoice.kind == "credit_note" else t("Invoice %(number)s")
    return i18n.say(Text(label.msgid, {"number": invoice.number}))


def _details(invoice: Invoice, found: debtor_queries.InvoiceOf, silent: Silent | None) -> list[tuple[str, str]]:
    rows = (
        (t("Date"), i18n.day(invoice.issued_on)),
        (t("Total of the document"), i18n.money(found.total)),
        (t("Receipt"), i18n.say(found.receipt.label) if found.receipt else i18n.gettext("no answer yet")),
        (t("Corrects invoice"), invoice.related_number),
        (t("Came in"), presenting.moment(invoice.imported_at)),
        (t("Withdrawn"), presenting.moment(invoice.withdrawn_at) if invoice.withdrawn_at else None),
        (t("Who may be spoken to"), silence.said(silent)),
    )
    return [*((i18n.say(label), value) for label, value in rows if value), *_limits(invoice, found)]


def _limits(invoice: Invoice, found: debtor_queries.InvoiceOf) -> list[tuple[str, str]]:
    """Until when it may be asked for, as long as something is open on it (rule C-14)."""
    if invoice.kind != "invoice" or invoice.withdrawn_at is not None:
        return []
    return silence.limits([item.item_id for item in found.items.values() if item.open])


def _roads(invoice: Invoice) -> list[tuple[str, str]]:
    roads = []
    if invoice.kind == "invoice":
        roads.append((i18n.gettext("Download it as a PDF"), url_for(".download", invoice_id=invoice.id)))
        roads.append(
            (i18n.gettext("The time to ask for it"), url_for("limitation_creditor.show", invoice_id=invoice.id))
        )
        expected = url_for("late_risk_creditor.show", debtor_id=invoice.debtor_id)
        roads.append((i18n.gettext("What is to be expected"), expected))
    if invoice.pdf == own_pdf.INSIDE:
        label = i18n.gettext("Download the PDF that came with the invoice")
        roads.append((label, url_for(".download_own_pdf", invoice_id=invoice.id)))
    if invoice.file_id is not None:
        roads.append((i18n.gettext("Download the original"), url_for(".download_original", invoice_id=invoice.id)))
    return roads


def _holds(found: debtor_queries.InvoiceOf) -> list[dict[str, Any]]:
    """What holds each open due item, and where those who may end it do so."""
    may = person().may(Permission.ANSWER)
    return [
        {
            "field": _field(ids.spell(item.item_id), reason),
            "item": ids.spell(item.item_id),
            "hold": reason,
            "due": i18n.short_day(item.due_on),
            "what": holds.LABELS.get(reason, t("on hold")),
            "note": holds.why_not_release(reason) or holds.ENDS_BY_ITSELF.get(reason, ""),
            "whys": [(key, i18n.say(text)) for key, text in holds.WHY_RELEASED.items()],
            "url": url_for(".release", invoice_id=found.invoice_id)
            if may and holds.why_not_release(reason) is None
            else None,
        }
        for item in found.items.values()
        if item.open and not found.withdrawn
        for reason in item.holds
    ]


def _field(item: str, reason: str) -> str:
    return f"why-{item}-{reason}"


def _lines(found: debtor_queries.InvoiceOf) -> list[dict[str, Any]]:
    """The books, due item by due item: what raised and what lowered the amount."""
    if not found.items:
        return []
    booked = ledger.lines_of_items(list(found.items))
    return [
        {
            "on": i18n.short_day(line.on),
            "due": i18n.short_day(item.due_on),
            "what": stories.WORDS.get(line.kind, Text(line.kind)),
            "amount": i18n.money(line.amount),
        }
        for item in found.items.values()
        for line in gathered(booked[item.item_id])
    ]


def _answer(answer: ReceiptAnswer) -> dict[str, Any]:
    """One answer with the text that stood on the page when it was given (rule C-41)."""
    category = receipts.CATEGORIES.get(answer.category or "")
    pay_on = answer.will_pay_on
    return {
        "when": presenting.moment(answer.at),
        "what": receipts.ANSWERS[answer.answer],
        "category": category,
        "words": answer.words,
        "pay_on": t("They mean to pay on %(will_pay_on)s.", will_pay_on=i18n.day(pay_on)) if pay_on else None,
        "corrected": answer.contact_point_id is not None,
        "shown_text": answer.shown_text,
        "language": answer.language,
    }


def _code(invoice: Invoice) -> dict[str, Any] | None:
    """The code on the paper; who may not send links sees only whether there is one."""
    if invoice.kind != "invoice":
        return None
    until = invoice_queries.qr_until(invoice.id)
    may = person().may(Permission.SEND)
    return {
        "until": presenting.moment(until) if until else None,
        "make_url": url_for(".make_code", invoice_id=invoice.id) if may and until is None else None,
        "download_url": url_for(".download_code", invoice_id=invoice.id) if may and until else None,
    }


def _withdraw_url(invoice: Invoice) -> str | None:
    may = person().may(Permission.WITHDRAW) and invoice.kind == "invoice" and invoice.withdrawn_at is None
    return url_for(".withdraw", invoice_id=invoice.id) if may else None


@blueprint.get("/invoices/<id:invoice_id>/document.pdf")
@allow(Permission.READ)
def download(invoice_id: int) -> Response:
    """The courtesy copy, as the customer gets it."""
    whose: invoice_queries.Whose = only_own(invoice_queries.whose(invoice_id))
    invoice = only_own(whose.invoice if whose.invoice.kind == "invoice" else None)
    items = invoices.items_of_debtor(whose.debtor.id, invoice_id, only_open=False)
    return downloads.pdf(invoice, copies.pdf(person().creditor, whose.debtor, invoice, items))


@blueprint.get("/invoices/<id:invoice_id>/original")
@allow(Permission.READ)
def download_original(invoice_id: int) -> Response:
    """The file as it came in."""
    invoice = only_own(invoices.invoice(invoice_id))
    return downloads.original(invoice, only_own(store.row(invoice.file_id) if invoice.file_id else None))


@blueprint.get("/invoices/<id:invoice_id>/attached.pdf")
@allow(Permission.READ)
def download_own_pdf(invoice_id: int) -> Response:
    """The PDF inside the e-invoice, as the customer gets it."""
    return downloads.attached(only_own(invoices.invoice(invoice_id)))


@blueprint.post("/invoices/<id:invoice_id>/code")
@allow(Permission.SEND)
def make_code(invoice_id: int) -> Any:
    """Makes the code for the paper; one that opens already is kept."""
    paper_code.make(_invoice(invoice_id))
    flash(i18n.gettext("Done. Print the code on the invoice: it opens this invoice and no other."), "done")
    return redirect(url_for(".show", invoice_id=invoice_id), 303)


@blueprint.get("/invoices/<id:invoice_id>/code.svg")
@allow(Permission.SEND)
def download_code(invoice_id: int) -> Response:
    """The code as a drawing for the invoice's layout. Nothing is made here: a GET changes nothing."""
    invoice = _invoice(invoice_id)
    link = only_own(links.live_qr_link(invoice_id))
    drawing = paper_code.drawing(link, i18n.say(paper_code.TITLE))
    return saved(drawing.encode(), f"{downloads.file_name(invoice)}-code.svg", "image/svg+xml")


@blueprint.post("/invoices/<id:invoice_id>/release")
@allow(Permission.ANSWER)
def release(invoice_id: int) -> Any:
    """Somebody of the creditor's decides that a due item rests no longer, and says why."""
    invoice, form = _invoice(invoice_id), Form()
    spelled, reason = form.text("item", longest=20), form.text("hold", longest=30)
    why = form.choice("why", frozenset(holds.WHY_RELEASED), t("Please choose why."))
    items = invoices.items_of_debtor(invoice.debtor_id, invoice_id, only_open=False)
    item = next((one for one in items if ids.spell(one.item_id) == spelled), None)
    if why is None:
        return _page(invoice_id, form)
    actions.release_by_hand(only_own(item), reason, why)
    flash(i18n.gettext("Done. It no longer rests, and the history says why."), "done")
    return redirect(url_for(".show", invoice_id=invoice_id), 303)


@blueprint.post("/invoices/<id:invoice_id>/withdraw")
@allow(Permission.WITHDRAW)
def withdraw(invoice_id: int) -> Any:
    """The creditor takes the invoice back: nobody is asked to pay it any more (decision 2)."""
    invoice = _invoice(invoice_id)
    credit = {one.currency: one for one in ledger.unallocated(invoice.debtor_id)}
    actions.withdraw_by_hand(invoice)
    flash(i18n.gettext("Done. Nobody is asked to pay this invoice any more."), "done")
    if {one.currency: one for one in ledger.unallocated(invoice.debtor_id)} != credit:
        flash(i18n.gettext("What had been paid on it is the customer's again, and they are told."), "done")
    return redirect(url_for(".show", invoice_id=invoice_id), 303)


def _invoice(invoice_id: int) -> Invoice:
    """An invoice, not a credit note, of this creditor's."""
    found = invoices.invoice(invoice_id)
    invoice: Invoice = only_own(found if found is not None and found.kind == "invoice" else None)
    return invoice
