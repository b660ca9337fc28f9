"""Papers read back, and money booked as the product books it."""

import io
from datetime import date
from typing import Any

from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.invoices import actions as invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def sheets_of(xlsx: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def pay(account: Account, invoice_id: int, minor: int | None = None, value_on: date | None = None) -> None:
    """A bank transfer for so much of the invoice, or for all that is open on it."""
    with db.transaction():
        scope.enter(account.creditor_id)
        for item in invoice_queries.items_of_debtor(account.debtor_id, invoice_id):
            amount = Money(min(minor or item.open.minor, item.open.minor), item.open.currency)
            invoices.settle_item(
                item,
                amount,
                account=accounts.BANK,
                kind="payment",
                source=Source("test", ids.new_id()),
                value_on=value_on or clock.today(),
            )


def take_back(account: Account, invoice_id: int, minor: int) -> None:
    """A payment goes back: so much of the invoice is open again."""
    with db.transaction():
        scope.enter(account.creditor_id)
        [item] = invoice_queries.items_of_debtor(account.debtor_id, invoice_id, only_open=False)
        invoices.reopen_item(
            item,
            Money(minor, item.open.currency),
            account=accounts.REFUNDS,
            kind="refund",
            source=Source("test", ids.new_id()),
            value_on=clock.today(),
        )


def credit(account: Account, number: str, minor: int, related: str | None) -> None:
    """A credit note of today for the invoice `related`, or for none."""
    with db.transaction():
        scope.enter(account.creditor_id)
        note = ids.new_id()
        total = Money(minor, "EUR")
        new = invoices.NewInvoice(note, account.debtor_id, "credit_note", number, clock.today(), total, (), related)
        invoices.add_invoices([new])
        credit_notes.apply_credit_note(db.session().get_one(Invoice, note))


def entered(app: PortalFlask, account: Account, **link: Any) -> Debtor:
    """A browser behind the gate that reads English; `link`: which kind of link it came through."""
    browser = Debtor(app)
    browser.get("/language/en", follow=False)
    fact = link.pop("fact", account.fact)
    browser.enter(account.link(**link), fact)
    assert browser.path == "/d/", browser.path
    return browser
