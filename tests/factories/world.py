"""A small believable world: a creditor, its debtors, invoices and links, made through the product's own actions."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.creditors import actions as creditors
from portal.creditors.models import Creditor
from portal.debtors import actions as debtors
from portal.debtors import links
from portal.debtors.models import ContactPoint, Debtor
from portal.invoices import actions as invoices
from portal.invoices.models import DueItem

IBAN = "IT60X0542811101000000123456"


def make_creditor(slug: str = "rossi", **values: Any) -> Creditor:
    """A creditor like Rossi Impianti, in a transaction of its own."""
    defaults: dict[str, Any] = {
        "name": "Rossi Impianti S.r.l.",
        "display_name": "Rossi Impianti",
        "vat_number": "IT01234567890",
        "iban": IBAN,
        "account_holder": "Rossi Impianti S.r.l.",
        "phone": "+39 051 0000001",
        "email": "amministrazione@rossi.example",
        "contact_name": "Giulia Rossi",
        "hours": "lun–ven 9–13",
    }
    with db.transaction():
        return creditors.add(slug, **{**defaults, **values})


@dataclass
class Account:
    """One debtor with their contact, in one creditor's scope."""

    creditor_id: int
    debtor_id: int
    contact_id: int
    fact: str
    invoice_ids: list[int] = field(default_factory=list)

    def add_invoice(
        self, number: str = "128/2026", amount: str = "1234.56", due_in: int = 10, *, currency: str = "EUR",
        parts: int = 1, issued_days_ago: int = 20,
    ) -> int:  # fmt: skip
        """An invoice of `amount`, due in `due_in` days (negative: late), in `parts` due items a month apart."""
        minor = round(float(amount) * 100)
        total = Money(minor, currency)
        today = clock.today()
        with db.transaction():
            scope.enter(self.creditor_id)
            invoice_id = ids.new_id()
            items = tuple(
                invoices.NewItem(today + timedelta(days=due_in + 30 * i), part)
                for i, part in enumerate(total.split([1] * parts))
            )
            issued = min(today, today + timedelta(days=due_in)) - timedelta(days=issued_days_ago)
            invoices.add_invoices(
                [invoices.NewInvoice(invoice_id, self.debtor_id, "invoice", number, issued, total, items)]
            )
        self.invoice_ids.append(invoice_id)
        return invoice_id

    def item_ids(self, invoice_id: int) -> list[int]:
        with db.transaction(writes=False):
            scope.enter(self.creditor_id)
            return list(
                db.session().scalars(
                    select(DueItem.id).where(DueItem.invoice_id == invoice_id).order_by(DueItem.position)
                )
            )

    def link(self, *, invoice_id: int | None = None, days: int = 30, purpose: str = links.PORTAL) -> str:
        """The address of a fresh link."""
        with db.transaction():
            scope.enter(self.creditor_id)
            made = links.issue(
                self.debtor_id, purpose=purpose, campaign="test", expires_at=clock.now() + timedelta(days=days),
                invoice_id=invoice_id, contact_point_id=None if purpose == links.QR else self.contact_id,
            )  # fmt: skip
            return links.address(made.id, purpose)


def make_account(creditor: Creditor | None = None, code: str = "0042", **values: Any) -> Account:
    """A debtor (a business by default) with an e-mail address; its gate fact is `7890` or what `values` make it."""
    creditor = creditor or make_creditor()
    defaults: dict[str, Any] = {
        "name": "Bianchi Costruzioni S.n.c.",
        "kind": "business",
        "vat_number": "IT12345677890",
        "tax_code": None,
        "country": "IT",
        "postcode": "40121",
        "language": "it",
    }
    merged = {**defaults, **values}
    email = merged.pop("email", f"cliente.{code}@bianchi.example")
    with db.transaction():
        scope.enter(creditor.id)
        debtor = Debtor(id=ids.new_id(), code=code, created_at=clock.now(), **merged)
        db.session().add(debtor)
        db.session().flush()
        contact: ContactPoint = debtors.add_contact(debtor.id, "email", email, source="creditor")
        fact = (debtor.vat_number or debtor.tax_code or "")[-4:]
        return Account(creditor.id, debtor.id, contact.id, fact)


def today_plus(days: int) -> date:
    return clock.today() + timedelta(days=days)
