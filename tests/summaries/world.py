"""One customer to whom everything happens that the books know, by lot."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from portal.confirmations.events import ReceiptConfirmed
from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, db, events, ids, scope
from portal.core.money import Money
from portal.debtors.models import AccessLink, Visit
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger.actions import Source
from portal.summaries.queries import RECEIVED
from tests.factories.world import Account


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


class World:
    """What happened is kept as far as it decides what can happen next."""

    def __init__(self, account: Account, seed: int) -> None:
        self.account, self.dice, self.number = account, Random(seed), 0
        self.paid: list[tuple[int, Source, str]] = []
        self.free: list[tuple[Source, int, str]] = []
        account.link()
        self.link_id = within(account, lambda: db.session().scalar(select(AccessLink.id)))

    def act(self) -> None:
        kinds = (self.issue, self.issue, self.pay, self.pay, self.pay, self.give_back, self.use_credit,
                 self.keep_credit, self.add_interest, self.move_due_date, self.confirm, self.withdraw)  # fmt: skip
        within(self.account, self.dice.choice(kinds))

    def day(self) -> date:
        return clock.today() - timedelta(days=self.dice.randrange(-5, 200))

    def items(self) -> list[Any]:
        wanted = select(DueItem.id).join(Invoice, Invoice.id == DueItem.invoice_id)
        found = db.session().scalars(wanted.where(Invoice.withdrawn_at.is_(None)).order_by(DueItem.id)).all()
        return list(invoice_queries.items(found))

    def one(self, *, only_open: bool = True) -> Any:
        found = [item for item in self.items() if item.open or not only_open]
        return self.dice.choice(found) if found else None

    def issue(self) -> None:
        self.number += 1
        currency = self.dice.choice(("EUR", "EUR", "EUR", "USD"))
        total = Money(self.dice.randrange(200, 90_000), currency)
        issued = self.day()
        parts = total.split([1] * self.dice.choice((1, 1, 2)))
        items = tuple(invoices.NewItem(issued + timedelta(days=self.dice.randrange(60)), part) for part in parts)
        invoices.add_invoices(
            [invoices.NewInvoice(ids.new_id(), self.account.debtor_id, "invoice", f"{self.number}/2026", issued,
                                 total, items)]
        )  # fmt: skip

    def pay(self) -> None:
        item = self.one()
        if item is None:
            return
        minor = self.dice.choice((item.open.minor, self.dice.randrange(1, item.open.minor + 300)))
        source, account = Source("test", ids.new_id()), self.dice.choice((accounts.BANK, accounts.CARD))
        kind = self.dice.choice(("payment", "payment", "credit_note"))
        if kind == "credit_note":
            account = accounts.CREDIT_NOTES
        settled = invoices.settle_item(item, Money(minor, item.open.currency), account=account, kind=kind,
                                       source=source, value_on=self.day())  # fmt: skip
        if settled.applied and kind == "payment":
            self.paid.append((item.item_id, source, account))
        if settled.excess:
            self.free.append((source, settled.excess.minor, item.open.currency))

    def give_back(self) -> None:
        if not self.paid:
            return
        item_id, origin, account = self.paid.pop(self.dice.randrange(len(self.paid)))
        (item,) = invoice_queries.items([item_id])
        ledger.reopen(item_id, Money(1, item.open.currency), account=account, kind="refund",
                      source=Source("back", ids.new_id()), origin=origin, value_on=self.day())  # fmt: skip

    def keep_credit(self) -> None:
        source, minor = Source("test", ids.new_id()), self.dice.randrange(1, 5_000)
        ledger.keep_as_credit(self.account.debtor_id, Money(minor, "EUR"), account=accounts.BANK, kind="payment",
                              source=source, value_on=self.day())  # fmt: skip
        self.free.append((source, minor, "EUR"))

    def use_credit(self) -> None:
        item = self.one()
        if item is None or not self.free:
            return
        origin, minor, currency = self.free[-1]
        if currency != item.open.currency:
            return
        self.free.pop()
        used = min(minor, item.open.minor)
        invoices.settle_item(item, Money(used, currency), account=accounts.UNALLOCATED, kind="credit",
                             source=Source("use", ids.new_id()), origin=origin, value_on=self.day())  # fmt: skip

    def add_interest(self) -> None:
        item = self.one(only_open=False)
        if item is not None:
            ledger.charge_more(
                item.item_id, self.account.debtor_id, [ledger.Extra(Money(150, item.open.currency), self.day(), 0)],
                account=accounts.INTEREST, kind="interest", source=Source("more", ids.new_id()),
            )  # fmt: skip

    def move_due_date(self) -> None:
        item = self.one(only_open=False)
        if item is not None:
            db.session().get_one(DueItem, item.item_id).due_on += timedelta(days=self.dice.randrange(1, 40))
            if self.dice.random() < 0.5:
                self.pay()

    def confirm(self) -> None:
        item = self.one(only_open=False)
        if item is None:
            return
        visit = Visit(
            id=ids.new_id(), debtor_id=self.account.debtor_id, link_id=self.link_id, level=2, started_at=clock.now(),
            seen_at=clock.now(), ends_at=clock.now() + timedelta(hours=1),
        )  # fmt: skip
        db.session().add(visit)
        db.session().flush()
        answer = ReceiptAnswer(
            id=ids.new_id(), debtor_id=self.account.debtor_id, invoice_id=item.invoice_id, visit_id=visit.id,
            answer=RECEIVED, shown_text="", language="it", at=clock.now() - timedelta(days=self.dice.randrange(90)),
        )  # fmt: skip
        db.session().add(answer)
        events.record(ReceiptConfirmed(invoice_id=item.invoice_id, answer_id=answer.id))

    def withdraw(self) -> None:
        item = self.one(only_open=False)
        if item is not None and self.dice.random() < 0.4:
            invoices.withdraw(db.session().get_one(Invoice, item.invoice_id))
