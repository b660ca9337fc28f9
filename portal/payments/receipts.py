"""The payment receipt as a PDF: what arrived, when, and what it was used for; it says what the books say."""

from typing import Any

from portal.core import clock
from portal.debtors import papers
from portal.debtors import queries as debtors
from portal.debtors.visits import Current
from portal.documents.typst import render_pdf
from portal.invoices import presenting as invoices
from portal.payments import methods, presenting, queries
from portal.payments.models import PaymentAttempt
from portal.web import i18n


def pdf(visit: Current, attempt: PaymentAttempt) -> bytes:
    """The PDF in the current language, of an attempt that succeeded; the same bytes whenever it is asked for."""
    say, face = i18n.gettext, visit.creditor
    paid_on = clock.day_of(attempt.arrived_at or attempt.status_at, face.time_zone)
    data: dict[str, Any] = {
        "made_at": papers.made_at(paid_on),
        "title": say("Payment receipt"),
        "creditor": papers.sender(face),
        "facts": [
            [say("Arrived on"), i18n.day(paid_on)],
            [say("How"), i18n.say(methods.all_methods()[attempt.method].label)],
            [say("Number"), presenting.number(attempt)],
        ],
        "notice": say("The payment arrived. This receipt does not replace the invoice."),
        "lines": _lines(attempt),
        "totals": [[say("Paid in all"), i18n.money(presenting.received(queries.booked(attempt), attempt))]],
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, paid_on),
    }
    debtor = debtors.debtor(attempt.debtor_id) if visit.may_answer else None  # the paper's code names nobody
    if debtor is not None:
        data["debtor"] = papers.reader(debtor)
    return render_pdf("receipt", data, i18n.language().code)


def file_name(attempt: PaymentAttempt) -> str:
    return f"{'ricevuta' if i18n.language().code == 'it' else 'receipt'}-{presenting.number(attempt)}.pdf"


def _lines(attempt: PaymentAttempt) -> dict[str, Any]:
    say = i18n.gettext
    items = {item.item_id: item for item in queries.paid_items(attempt)}
    rows = []
    for one in queries.booked(attempt):
        item = items.get(one.item_id) if one.item_id is not None else None
        named = [invoices.title(item), i18n.day(item.due_on)] if item else [say("Kept as your credit"), "–"]
        rows.append([*named, i18n.money(one.amount)])
    return {
        "heading": say("What it was for"),
        "columns": [say("Document"), say("Due on"), say("Amount")],
        "rows": rows,
    }
