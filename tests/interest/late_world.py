"""A creditor that asks for interest, a late invoice, and days that pass: what the tests of the daily job are told in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids, jobs, scope
from portal.core.events import EventRow
from portal.core.money import Money, from_decimal
from portal.interest import actions, queries
from portal.interest import jobs as interest_jobs
from portal.invoices import actions as invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import queries as ledger
from portal.ledger.actions import Source
from portal.ledger.rules import Apart, open_apart
from tests.factories.world import Account, make_account, make_creditor


def eur(amount: str) -> Money:
    return from_decimal(Decimal(amount), "EUR")


@dataclass
class Late:
    """One invoice with one due item, and what is done to it."""

    account: Account
    invoice_id: int
    item_id: int

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            return act()

    def item(self) -> invoice_queries.Item:
        found: invoice_queries.Item = self.within(lambda: invoice_queries.items([self.item_id])[0])
        return found

    def pay(self, amount: str, on: date, *, account: str = accounts.BANK, kind: str = "payment") -> int:
        """Books money with this value date; returns its source's id."""
        source_id = ids.new_id()
        self.within(
            lambda: invoices.settle_item(
                invoice_queries.items([self.item_id])[0], eur(amount), account=account, kind=kind,
                source=Source("test", source_id), value_on=on,
            )
        )  # fmt: skip
        return source_id

    def bounce(self, amount: str, on: date) -> None:
        self.within(
            lambda: invoices.reopen_item(
                invoice_queries.items([self.item_id])[0], eur(amount), account=accounts.BANK, kind="payment_bounced",
                source=Source("bounce", ids.new_id()), value_on=on,
            )
        )  # fmt: skip

    def credit(self, amount: str, on: date) -> None:
        """A credit note for this invoice."""

        def act() -> None:
            number = db.session().scalars(select(Invoice.number).where(Invoice.id == self.invoice_id)).one()
            note_id = ids.new_id()
            invoices.add_invoices(
                [
                    invoices.NewInvoice(
                        note_id, self.account.debtor_id, "credit_note", f"NC{note_id}", on, eur(amount), (), number
                    )
                ]
            )
            db.session().flush()
            note = invoice_queries.invoice(note_id)
            assert note is not None
            credit_notes.apply_credit_note(note)

        self.within(act)

    def apart(self) -> Apart:
        found: Apart = self.within(lambda: open_apart(ledger.lines_of(self.item_id), "EUR"))
        return found

    def lines(self) -> list[tuple[str, str, str]]:
        found = self.within(lambda: ledger.lines_of(self.item_id))
        return [(line.on.isoformat(), line.kind, line.amount.plain) for line in found]

    def booked(self, what: str = "interest") -> Money:
        return Money(self.within(lambda: queries.booked_of(self.item_id, what)), "EUR")

    def books(self) -> tuple[Apart, list[Money], Money, Money]:
        """What must not depend on when the job ran: open apart, the debtor's credit, interest, costs."""
        credit = self.within(lambda: ledger.unallocated(self.account.debtor_id))
        return self.apart(), credit, self.booked(), self.booked("costs")

    def told(self, begin: str = "") -> list[tuple[str, dict[str, Any]]]:
        rows = self.within(
            lambda: db.session().execute(select(EventRow.name, EventRow.data).order_by(EventRow.seq)).all()
        )
        return [(name, data) for name, data in rows if name.startswith(begin)]


def choose(creditor_id: int, **values: Any) -> None:
    with db.transaction():
        scope.enter(creditor_id)
        actions.choose_policy({"due_from": date(2010, 1, 1), **values}, clock.today())


def make_late(
    amount: str = "10000.00", due_on: date = date(2023, 5, 31), *, kind: str = "business", slug: str = "rossi",
    parts: tuple[tuple[date, str], ...] = (), currency: str = "EUR", **policy: Any,
) -> Late:  # fmt: skip
    """A debtor of `kind` with one invoice; the creditor asks for interest, and for what `policy` says."""
    creditor = make_creditor(slug)
    account = make_account(
        creditor, kind=kind, **({} if kind == "business" else {"vat_number": None, "tax_code": "RSSMRA80A01H501U"})
    )
    choose(creditor.id, **{"interest_on": True, **policy})
    return add_late(account, amount, due_on, parts=parts, currency=currency)


def add_late(
    account: Account, amount: str, due_on: date, *, number: str = "7/2023",
    parts: tuple[tuple[date, str], ...] = (), currency: str = "EUR",
) -> Late:  # fmt: skip
    items = tuple(
        invoices.NewItem(on, Money(eur(part).minor, currency)) for on, part in (parts or ((due_on, amount),))
    )
    invoice_id = ids.new_id()
    issued = min(item.due_on for item in items).replace(day=1)
    total = Money(sum(item.amount.minor for item in items), currency)
    with db.transaction():
        scope.enter(account.creditor_id)
        made = invoices.add_invoices(
            [invoices.NewInvoice(invoice_id, account.debtor_id, "invoice", number, issued, total, items)]
        )
    return Late(account, invoice_id, made[invoice_id][0])


def run_job() -> None:
    """The hourly call, and the rows that wait."""
    interest_jobs.count_interest()
    jobs.work_off()
