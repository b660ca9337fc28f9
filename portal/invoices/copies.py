"""The courtesy copy of an invoice as a PDF: what the document says, what was paid, how to pay the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.core import banking, clock
from portal.core.money import Money
from portal.core.text import t
from portal.creditors.faces import Face
from portal.debtors import papers
from portal.debtors.models import Debtor
from portal.documents import store
from portal.documents.typst import render_pdf
from portal.invoices import lines as invoice_lines
from portal.invoices.models import Invoice
from portal.invoices.queries import Item
from portal.ledger import queries as ledger
from portal.ledger.rules import Apart, add_up, open_apart
from portal.web import i18n


def pdf(face: Face, debtor: Debtor, invoice: Invoice, items: Sequence[Item]) -> bytes:
    """The PDF in the current language; the same bytes for the same facts on the same day."""
    say = i18n.gettext
    total = Money(invoice.total_minor, invoice.currency)
    title = say("Invoice %(number)s") if invoice.kind == "invoice" else say("Credit note %(number)s")
    open_now = Money(sum(item.open.minor for item in items), invoice.currency)
    made_of = ledger.lines_of_items([item.item_id for item in items])
    apart = {item_id: open_apart(lines, invoice.currency) for item_id, lines in made_of.items()}
    made_on = clock.today(face.time_zone)
    data: dict[str, Any] = {
        "made_at": papers.made_at(made_on),
        "title": title % {"number": invoice.number},
        "creditor": papers.sender(face),
        "debtor": papers.reader(debtor),
        "facts": [[say("Number"), invoice.number], [say("Date"), i18n.day(invoice.issued_on)]],
        "notice": say("This is a courtesy copy. It does not replace the original document."),
        "totals": [[say("Total of the document"), i18n.money(total)]],
        "due_items": _due_items(items, apart),
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, made_on),
    }
    if lines := _lines(invoice):
        data["lines"] = lines
    if items:
        data["open"] = [*_extras(items, apart), [say("Still open"), i18n.money(open_now)]]
    if open_now and face.iban and len(items) == 1 and open_now.currency == "EUR":
        data["pay"] = _how_to_pay(face, items[0])
    return render_pdf("invoice", data, i18n.language().code)


def _lines(invoice: Invoice) -> dict[str, Any] | None:
    """What the e-invoice lists, each with what is owed for it: an XML is no paper, this makes it readable."""
    say = i18n.gettext
    found = invoice_lines.of(invoice, store.row(invoice.file_id) if invoice.file_id is not None else None)
    if not found:
        return None
    rows = [[line.description, i18n.money(line.amount)] for line in found]
    return {"heading": say("What is on it"), "columns": [say("Description"), say("Amount")], "rows": rows}


def _extras(items: Sequence[Item], apart: Mapping[int, Apart]) -> list[list[str]]:
    """What is open of the document, of interest and of costs, above the sum; nothing where all is the document."""
    say, open_items, rows = i18n.gettext, [item for item in items if item.is_open], []
    if any(apart[item.item_id].interest or apart[item.item_id].costs for item in open_items):
        together = add_up([apart[item.item_id] for item in open_items], items[0].open.currency)
        rows = [
            [say("The document itself"), i18n.money(together.capital)],
            [say("Interest"), i18n.money(together.interest)],
            [say("Costs of late payment"), i18n.money(together.costs)],
        ]
    waits_from = min((item.interest_waits_from for item in open_items if item.interest_waits_from), default=None)
    if waits_from is not None:
        rows.append([i18n.say(t("Interest from %(day)s on", day=i18n.day(waits_from))), say("is being updated")])
    return rows


def _due_items(items: Sequence[Item], apart: Mapping[int, Apart]) -> dict[str, Any]:
    """The document's own amounts: interest and costs stand below, apart."""
    say = i18n.gettext
    return {
        "heading": say("What is due, and when"),
        "columns": [say("Due on"), say("Amount"), say("Settled"), say("Still open")],
        "rows": [
            [
                i18n.day(item.due_on),
                i18n.money(item.amount),
                i18n.money(item.amount - apart[item.item_id].capital),
                i18n.money(apart[item.item_id].capital),
            ]
            for item in items
        ],
    }


def _how_to_pay(face: Face, item: Item) -> dict[str, Any]:
    say = i18n.gettext
    return {
        "heading": say("By bank transfer"),
        "fields": [
            {"label": say("To"), "value": face.holder},
            {"label": "IBAN", "value": banking.group_iban(item.iban or face.iban or ""), "code": True},
            {"label": say("Reference"), "value": banking.group_by_four(item.reference), "code": True},
            {"label": say("Amount"), "value": i18n.money(item.open)},
        ],
    }
