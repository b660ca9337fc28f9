"""A debtor whose credit has several sources at once: a card payment, bank transfers, credit notes."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import stripe
from sqlalchemy import select

from portal.bank_statements import batches, taking_in
from portal.core import clock, db, ids, jobs, scope
from portal.core.money import Money
from portal.doubles.bank import BankDouble, Booked
from portal.imports.options import ReadOptions
from portal.invoices import actions as invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem, Invoice
from portal.ledger import origins
from portal.ledger import queries as ledger
from portal.overpayments import actions
from portal.overpayments.models import Overpayment
from tests.factories.world import IBAN
from tests.payments.conftest import KEY, Shop


@dataclass
class Mixed:
    """What comes in, what goes back, and what the books say after each."""

    shop: Shop
    folder: Path
    bank: BankDouble = field(default_factory=lambda: BankDouble(IBAN))
    day: date = field(default_factory=clock.today)
    files: int = 0

    def bring(self, day: date) -> None:
        """The bank's statement of that day is taken in."""
        self.files += 1
        path = self.folder / f"{self.files}.xml"
        path.write_bytes(self.bank.statement(day))
        self.bring_file(path)

    def bring_file(self, path: Path) -> None:
        with db.transaction():
            scope.enter(self.shop.creditor_id)
            batch = batches.begin(ReadOptions(), [path])
        taking_in.run(self.shop.creditor_id, batch, ReadOptions(), [(path.name, path)])
        jobs.work_off()

    def invoice(self, number: str, amount: str, **values: int) -> int:
        """A new invoice, and what follows from it."""
        invoice_id = self.shop.account.add_invoice(number, amount, **values)
        jobs.work_off()
        return invoice_id

    def transfer(self, minor: int, invoice_id: int) -> Booked:
        [item_id] = self.shop.account.item_ids(invoice_id)
        with db.transaction(writes=False) as session:
            scope.enter(self.shop.creditor_id)
            reference = session.scalars(select(DueItem.reference).where(DueItem.id == item_id)).one()
        movement = self.bank.credit(Money(minor, "EUR"), self.day, reference=reference)
        self.bring(self.day)
        return movement

    def take_back(self, movement: Booked, after: date) -> None:
        self.bank.return_(movement, after)
        self.bring(after)

    def refund_at_stripe(self, minor: int | None = None) -> None:
        """By hand, in Stripe's dashboard: all of it, or so much."""
        client = stripe.StripeClient(KEY, base_addresses={"api": self.shop.double.url})
        of = {"payment_intent": str(self.shop.attempts()[0].provider_payment_id)}
        client.v1.refunds.create({**of, "amount": minor} if minor else of)  # type: ignore[typeddict-item]
        self.shop.deliver()

    def credit_note(self, number: str, minor: int, related: str | None = None) -> int:
        note_id = ids.new_id()
        with db.transaction():
            scope.enter(self.shop.creditor_id)
            note = invoices.NewInvoice(note_id, self.shop.account.debtor_id, "credit_note", number, clock.today(),
                                       Money(minor, "EUR"), (), related)  # fmt: skip
            invoices.add_invoices([note])
            credit_notes.apply_credit_note(db.session().get_one(Invoice, note_id))
        jobs.work_off()
        return note_id

    def its_invoice_comes(self, invoice_id: int) -> bool:
        """As the import does after it has added an invoice that a credit note waited for."""
        with db.transaction():
            scope.enter(self.shop.creditor_id)
            used = credit_notes.apply_waiting_credit(db.session().get_one(Invoice, invoice_id))
        jobs.work_off()
        return used

    def keep(self, came_by: str) -> None:
        one = self.too_much(came_by)
        with db.transaction():
            scope.enter(self.shop.creditor_id)
            actions.keep(actions.locked(one.id))
        jobs.work_off()

    def too_much(self, came_by: str) -> Overpayment:
        with db.transaction(writes=False) as session:
            scope.enter(self.shop.creditor_id)
            return session.scalars(select(Overpayment).where(Overpayment.came_by == came_by)).one()

    def standing(self, came_by: str) -> tuple[str, int, int, int]:
        """Status, what is left, what was used, what is gone."""
        one = self.too_much(came_by)
        return one.status.value, one.left.minor, one.used_minor, one.gone_minor

    def open(self) -> dict[str, int]:
        """What is open by number; the books must hold."""
        with db.transaction(writes=False):
            scope.enter(self.shop.creditor_id)
            assert ledger.unbalanced() == []
            assert origins.unbalanced() == []
            assert ledger.above_charges() == []
            items = invoice_queries.items_of_debtor(self.shop.account.debtor_id, only_open=False)
            return {item.number: item.open.minor for item in items}

    def credit(self) -> int:
        with db.transaction(writes=False):
            scope.enter(self.shop.creditor_id)
            return sum(one.minor for one in ledger.unallocated(self.shop.account.debtor_id))
