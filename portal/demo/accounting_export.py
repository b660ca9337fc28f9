"""The due items as an Italian accounting package exports them: semicolons, 31/12/2026, 1.234,56, cp1252."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

from portal.core.money import Money
from portal.demo.invoices import DueItem, Invoice
from portal.demo.people import Debtor

ENCODING = "cp1252"
HEADERS = (
    "Numero documento",
    "Data documento",
    "Data scadenza",
    "Importo",
    "Divisa",
    "Tipo documento",
    "Codice cliente",
    "Ragione sociale",
    "Partita IVA",
    "Codice fiscale",
    "E-mail",
    "Telefono",
    "Lingua",
    "CAP",
    "Nazione",
    "Agente",
    "Data incasso",
    "Contestata",
)

_AGENTS = ("Chiara Fontana", "Davide Moretti", "Ilaria Conti")


def ledger_csv(invoices: Iterable[Invoice]) -> bytes:
    """One row for each due item, one for each credit note, in the order given."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADERS)
    for invoice in invoices:
        writer.writerows(_rows(invoice))
    return text.getvalue().encode(ENCODING)


def italian_amount(amount: Money) -> str:
    """`1.234,56`."""
    return f"{amount.decimal:,.2f}".translate(str.maketrans(",.", ".,"))


def italian_date(day: date | None) -> str:
    """`31/12/2026`, empty for none."""
    return day.strftime("%d/%m/%Y") if day else ""


def _agent(debtor: Debtor) -> str:
    """Who of the company looks after firms of that part of the country; a consumer has nobody by name."""
    return "" if debtor.consumer else _AGENTS[sum(map(ord, debtor.postcode)) % len(_AGENTS)]


def _rows(invoice: Invoice) -> Iterator[list[str]]:
    if invoice.credit_note:
        yield _row(invoice, DueItem(invoice.issued_on, invoice.payable), "Nota di credito")
    for item in invoice.due_items:
        yield _row(invoice, item, "Fattura")


def _row(invoice: Invoice, item: DueItem, kind: str) -> list[str]:
    debtor = invoice.debtor
    return [
        invoice.number,
        italian_date(invoice.issued_on),
        italian_date(item.due_on),
        italian_amount(item.amount),
        invoice.currency,
        kind,
        debtor.code,
        debtor.name,
        debtor.vat_number or "",
        debtor.tax_code or "",
        debtor.email or "",
        debtor.phone or "",
        debtor.language.upper(),
        debtor.postcode,
        debtor.country,
        _agent(debtor),
        italian_date(item.settled_on),
        "Sì" if invoice.disputed else "No",
    ]
