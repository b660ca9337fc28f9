"""One invoice as its debtor sees it, and its documents to download."""

from typing import Any

from flask import Response, render_template, request, url_for

from portal.core import clock
from portal.core.money import Money
from portal.core.text import t
from portal.debtors import gate
from portal.debtors import queries as debtors
from portal.debtors.visits import Current, answering, current
from portal.documents import store
from portal.invoices import copies, downloads, own_pdf, presenting, queries, remarks
from portal.invoices.models import Invoice
from portal.ledger import queries as ledger
from portal.ledger.rules import gathered, open_apart_of_all
from portal.web import i18n, ladder, offers
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("invoices_debtor", __name__)


def _reachable(visit: Current, invoice_id: int) -> Invoice:
    """The invoice, if this visit's link reaches it (rule A-07)."""
    if visit.invoice_id not in {None, invoice_id}:
        only_own(None)
    found: Invoice = only_own(queries.invoice(invoice_id))
    return found


def _with_trace(visit: Current, invoice_id: int) -> Invoice:
    """The same, for its own page: in one question with whether it was looked at just now."""
    if visit.invoice_id not in {None, invoice_id}:
        only_own(None)
    found, lately = queries.invoice_and(invoice_id, gate.viewed_lately(visit.link_id))
    invoice: Invoice = only_own(found)
    if not lately and request.method == "GET":
        gate.keep_viewed(visit.link_id, visit.debtor_id, gate.client_label(request.user_agent.string))
    return invoice


def _note_viewed(visit: Current) -> None:
    """A trace for the creditor's people: the one thing that a GET may write."""
    if request.method == "GET":
        gate.note_viewed(visit.link_id, visit.debtor_id, gate.client_label(request.user_agent.string))


def _original_id(visit: Current, invoice: Invoice) -> int | None:
    """The kept original, if everything that stands in it is within this visit's reach (rule A-07).

    All bodies of one FatturaPA file have one customer, so to the account's link it is its own; a link to one
    invoice does not reach the others of its file.
    """
    if invoice.file_id is None or (visit.invoice_id is not None and queries.shares_its_file(invoice)):
        return None
    return invoice.file_id


@blueprint.get("/invoices/<id:invoice_id>")
def show(invoice_id: int) -> Any:
    visit = current()
    invoice = _with_trace(visit, invoice_id)
    items = queries.items_of_debtor(visit.debtor_id, invoice_id, only_open=False)
    made_of = ledger.lines_of_items([item.item_id for item in items])
    return render_template(
        "invoices/debtor_invoice.html",
        title=_title(invoice),
        document=_document(visit, invoice, items, made_of),
        actions=offers.for_items(visit, [item for item in items if item.is_open and not item.not_issued]),
        history=[],
    )


def _title(invoice: Invoice) -> str:
    sentence = t("Invoice %(number)s") if invoice.kind == "invoice" else t("Credit note %(number)s")
    return i18n.gettext(sentence.msgid) % {"number": invoice.number}


def _document(visit: Current, invoice: Invoice, items: list[Any], made_of: dict[int, Any]) -> dict[str, Any]:
    today = clock.today(visit.creditor.time_zone)
    open_items = [item for item in items if item.is_open and not item.not_issued]
    open_now = Money(sum(item.open.minor for item in open_items), invoice.currency)
    lines = sorted((line for one in made_of.values() for line in gathered(one)), key=lambda line: line.on)
    apart = open_apart_of_all((made_of[item.item_id] for item in open_items), invoice.currency)
    waits_from = min((item.interest_waits_from for item in open_items if item.interest_waits_from), default=None)
    history = visit.may_answer  # the code on paper shows what is printed, and open or closed (decision 5)
    told = ladder.told(visit).get(invoice.id) if history else None
    rung = presenting.rung(items, today, visit.creditor.time_zone, told.rung if told else None) if items else None
    stands = ladder.sentence(rung, visit.creditor.display_name, visit.debtor_name) if rung and history else ""
    note = next((one for item in open_items if (one := presenting.note(item))), "")
    details = [
        (i18n.gettext("Number"), invoice.number),
        (i18n.gettext("Date"), i18n.day(invoice.issued_on)),
        (i18n.gettext("Total of the document"), i18n.money(Money(invoice.total_minor, invoice.currency))),
    ]
    details += remarks.of(invoice, visit.creditor.time_zone) if history else []
    if len(items) > 1:
        details += [
            (i18n.say(t("Part %(part)s, due on %(day)s", part=item.position, day=i18n.day(item.due_on))),
             i18n.say(t("%(open)s open of %(amount)s", open=i18n.money(item.open), amount=i18n.money(item.amount))))
            for item in items
        ]  # fmt: skip
    return {
        "title": _title(invoice),
        "about": i18n.say(t("of %(day)s", day=i18n.day(invoice.issued_on))),
        "due": presenting.due(open_items[0], today) if open_items else i18n.gettext("Nothing is open on it"),
        "open": i18n.money(open_now),
        "lines": presenting.lines(lines, open_now, apart) if history else [],
        "stands": stands,
        "case_url": told.href if told else "",
        "note": " ".join(one for one in (presenting.sorry(items), note, presenting.extras(apart, waits_from)) if one),
        "details": details,
        "file_url": url_for(".download", invoice_id=invoice.id) if visit.may_answer else None,
        "file_label": i18n.gettext("Download it as a PDF"),
        "original_url": url_for(".download_original", invoice_id=invoice.id)
        if visit.may_answer and _original_id(visit, invoice)
        else None,
        "original_label": i18n.gettext("Download the original e-invoice (PDF)")
        if invoice.pdf == own_pdf.AROUND
        else i18n.gettext("Download the original e-invoice (XML)"),
        "own_pdf_url": url_for(".download_own_pdf", invoice_id=invoice.id)
        if visit.may_answer and invoice.pdf == own_pdf.INSIDE
        else None,
    }


@blueprint.get("/invoices/<id:invoice_id>/document.pdf")
def download(invoice_id: int) -> Response:
    """The courtesy copy. Only within the session: nobody keeps an address to it (rule A-09)."""
    visit = answering()
    invoice = _reachable(visit, invoice_id)
    _note_viewed(visit)
    debtor = only_own(debtors.debtor(visit.debtor_id))
    items = queries.items_of_debtor(visit.debtor_id, invoice_id, only_open=False)
    return downloads.pdf(invoice, copies.pdf(visit.creditor, debtor, invoice, items))


@blueprint.get("/invoices/<id:invoice_id>/original")
def download_original(invoice_id: int) -> Response:
    """The document as the creditor sent it: an e-invoice, or the PDF around one."""
    visit = answering()
    invoice = _reachable(visit, invoice_id)
    file_id = _original_id(visit, invoice)
    file = only_own(store.row(file_id) if file_id else None)
    _note_viewed(visit)
    return downloads.original(invoice, file)


@blueprint.get("/invoices/<id:invoice_id>/attached.pdf")
def download_own_pdf(invoice_id: int) -> Response:
    """The PDF that the issuer put into the e-invoice: of this invoice alone, whatever else its file holds."""
    visit = answering()
    invoice = _reachable(visit, invoice_id)
    _note_viewed(visit)
    return downloads.attached(invoice)
