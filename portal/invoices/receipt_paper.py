"""The payment receipt as a paper: the same whichever way the money came (portal.payments, portal.bank_statements)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response

from portal.creditors.faces import Face
from portal.debtors import papers
from portal.debtors.models import Debtor
from portal.documents.typst import render_pdf
from portal.invoices import presenting
from portal.invoices.queries import Item
from portal.web import downloads, i18n


@dataclass(frozen=True, slots=True)
class Receipt:
    """What arrived. `rows` are the cells of a table under `Document`, `Due on`, the names in `parts` and `Amount`;
    the last of `totals` is what counts. `as_of` is the day of the youngest fact in it."""

    arrived_on: date
    as_of: date
    how: str
    number: str
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]]
    parts: Sequence[str] = ()


def pdf(face: Face, debtor: Debtor | None, receipt: Receipt) -> bytes:
    """The PDF in the current language, the same bytes for the same facts; without a debtor it names nobody."""
    say = i18n.gettext
    data: dict[str, Any] = {
        "made_at": papers.made_at(receipt.as_of),
        "title": say("Payment receipt"),
        "creditor": papers.sender(face),
        "facts": [
            [say("Arrived on"), i18n.day(receipt.arrived_on)],
            [say("How"), receipt.how],
            [say("Number"), receipt.number],
        ],
        "notice": say("The payment arrived. This receipt does not replace the invoice."),
        "lines": {
            "heading": say("What it was for"),
            "columns": [say("Document"), say("Due on"), *receipt.parts, say("Amount")],
            "rows": receipt.rows,
        },
        "totals": receipt.totals,
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, receipt.as_of),
    }
    if debtor is not None:
        data["debtor"] = papers.reader(debtor)
    return render_pdf("receipt", data, i18n.language().code)


def named(item: Item | None) -> list[str]:
    """The first cells of a row: the document and when it was due; no due item is the debtor's credit."""
    return [presenting.title(item), i18n.day(item.due_on)] if item else [i18n.gettext("Kept as your credit"), "–"]


def saved(content: bytes, number: str) -> Response:
    """The paper to be saved under a neutral name (rule C-21)."""
    return downloads.saved(content, f"{i18n.file_word(i18n.gettext('receipt'))}-{number}.pdf", "application/pdf")
