"""The books under any sequence of charges, payments and credit notes: never below zero, never a cent lost (D-11)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.money import Money, total
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.invoices.payable import payable_now
from portal.ledger import accounts, queries
from portal.ledger import actions as ledger
from portal.ledger.models import Transfer
from portal.settings import Settings
from tests.factories.world import Account, make_account, make_creditor

AMOUNT = st.integers(min_value=1, max_value=500_00)
WAYS = st.sampled_from([accounts.CARD, accounts.BANK, accounts.ELSEWHERE])


@dataclass
class Expected:
    """What the books must say, kept beside them in the simplest way."""

    items: dict[int, int] = field(default_factory=dict)  # due item → minor units open, earliest due first
    invoices: dict[str, list[int]] = field(default_factory=dict)  # number → its due items
    unallocated: int = 0
    charged: int = 0
    received: int = 0
    credited: int = 0
    waiting: dict[str, list[int]] = field(default_factory=dict)  # credit notes without their invoice yet
    posted: list[tuple[int, int, ledger.Source]] = field(default_factory=list)

    def take(self, item_id: int, amount: int) -> int:
        applied = min(amount, self.items[item_id])
        self.items[item_id] -= applied
        return applied


class Books(RuleBasedStateMachine):
    creditor: Creditor
    counter = 0

    def __init__(self) -> None:
        super().__init__()
        Books.counter += 1
        self.account: Account = make_account(self.creditor, code=f"c{Books.counter}")
        self.expected = Expected()
        self.numbers = 0

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.creditor.id)
            return act()

    def fresh_number(self) -> str:
        self.numbers += 1
        return f"{self.numbers}/2026"

    def charge(self, number: str, minor: int, parts: int) -> None:
        invoice_id = self.account.add_invoice(number, f"{minor / 100:.2f}", parts=parts)
        shares = Money(minor, "EUR").split([1] * parts)
        made = dict(zip(self.account.item_ids(invoice_id), (share.minor for share in shares), strict=True))
        self.expected.items |= made
        self.expected.invoices[number] = list(made)
        self.expected.charged += minor

    @rule(minor=st.integers(min_value=3, max_value=500_00), parts=st.integers(min_value=1, max_value=3))
    def invoice(self, minor: int, parts: int) -> None:
        self.charge(self.fresh_number(), minor, parts)

    def settle(self, item_id: int, minor: int, way: str, source: ledger.Source) -> ledger.Settled:
        (item,) = invoice_queries.items([item_id])
        return invoices.settle_item(
            item, Money(minor, "EUR"), account=way, kind="payment", source=source, value_on=clock.today()
        )

    @precondition(lambda self: self.expected.items)
    @rule(data=st.data(), minor=AMOUNT, way=WAYS, whole=st.booleans())
    def pay(self, data: st.DataObject, minor: int, way: str, whole: bool) -> None:
        """A payment of any size, or of exactly what is open; what is too much is the debtor's credit."""
        item_id = data.draw(st.sampled_from(sorted(self.expected.items)))
        minor = self.expected.items[item_id] or minor if whole else minor
        source = ledger.Source("payment", ids.new_id())
        settled = self.within(lambda: self.settle(item_id, minor, way, source))
        applied = self.expected.take(item_id, minor)
        assert (settled.applied.minor, settled.excess.minor) == (applied, minor - applied)
        self.expected.unallocated += minor - applied
        self.expected.received += minor
        self.expected.posted.append((item_id, minor, source))

    @precondition(lambda self: self.expected.posted)
    @rule(data=st.data(), minor=AMOUNT, other_item=st.booleans())
    def tell_again(self, data: st.DataObject, minor: int, other_item: bool) -> None:
        """The same fact comes once more, from a retried webhook for example, even with another amount."""
        item_id, _, source = data.draw(st.sampled_from(self.expected.posted))
        if other_item:
            item_id = data.draw(st.sampled_from(sorted(self.expected.items)))
        with pytest.raises(ledger.AlreadyPosted):
            self.within(lambda: self.settle(item_id, minor, accounts.CARD, source))

    @precondition(lambda self: self.expected.items)
    @rule(data=st.data(), wrong=st.sampled_from([Money(0, "EUR"), Money(-5, "EUR"), Money(5, "USD")]))
    def pay_nonsense(self, data: st.DataObject, wrong: Money) -> None:
        item_id = data.draw(st.sampled_from(sorted(self.expected.items)))
        source = ledger.Source("payment", ids.new_id())
        with pytest.raises(ValueError, match="cannot settle"):
            self.within(
                lambda: ledger.settle(
                    item_id, wrong, account=accounts.CARD, kind="payment", source=source, value_on=clock.today()
                )
            )

    @precondition(lambda self: self.expected.items)
    @rule(data=st.data(), minor=AMOUNT)
    def pay_and_fail(self, data: st.DataObject, minor: int) -> None:
        """What is rolled back was never booked, and may be booked later."""
        item_id = data.draw(st.sampled_from(sorted(self.expected.items)))
        with pytest.raises(ZeroDivisionError), db.transaction():
            scope.enter(self.creditor.id)
            self.settle(item_id, minor, accounts.BANK, ledger.Source("payment", ids.new_id()))
            1 / 0  # noqa: B018

    def credit_note(self, minor: int, related: str | None) -> int:
        note_id, today = ids.new_id(), clock.today()

        def act() -> None:
            new = invoices.NewInvoice(
                note_id, self.account.debtor_id, "credit_note", f"NC {self.fresh_number()}", today,
                Money(minor, "EUR"), (), related,
            )  # fmt: skip
            invoices.add_invoices([new])
            credit_notes.apply_credit_note(db.session().get_one(Invoice, note_id))

        self.within(act)
        self.expected.credited += minor
        return note_id

    @precondition(lambda self: self.expected.invoices)
    @rule(data=st.data(), minor=AMOUNT)
    def credit(self, data: st.DataObject, minor: int) -> None:
        """A credit note lowers its invoice, earliest part first; the rest is the debtor's credit."""
        number = data.draw(st.sampled_from(sorted(self.expected.invoices)))
        self.credit_note(minor, number)
        left = minor
        for item_id in self.expected.invoices[number]:
            left -= self.expected.take(item_id, left)
        self.expected.unallocated += left

    @rule(minor=AMOUNT)
    def credit_of_nothing(self, minor: int) -> None:
        """Without an invoice that it corrects nothing is guessed."""
        self.credit_note(minor, None)
        self.expected.unallocated += minor

    @rule(minor=AMOUNT, charged=st.integers(min_value=2, max_value=500_00), parts=st.integers(1, 2))
    def credit_before_its_invoice(self, minor: int, charged: int, parts: int) -> None:
        """The credit note came first: it waits as credit, and is used when its invoice comes."""
        number = self.fresh_number()
        self.credit_note(minor, number)
        self.charge(number, charged, parts)
        invoice_id = self.account.invoice_ids[-1]
        used = self.within(lambda: credit_notes.apply_waiting_credit(db.session().get(Invoice, invoice_id)))
        again = self.within(lambda: credit_notes.apply_waiting_credit(db.session().get(Invoice, invoice_id)))
        assert (used, again) == (True, False)
        left = minor
        for item_id in self.expected.invoices[number]:
            left -= self.expected.take(item_id, left)
        self.expected.unallocated += left

    @invariant()
    def the_books_say_what_happened(self) -> None:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor.id, self.account.debtor_id)
            expected = self.expected
            kept = queries.open_amounts(list(expected.items))
            assert {item_id: amount.minor for item_id, amount in kept.items()} == expected.items
            assert min((amount.minor for amount in kept.values()), default=0) >= 0
            assert queries.unbalanced() == [], "the kept balance is the fold of its lines"
            credit = queries.unallocated(self.account.debtor_id)
            assert credit == ([Money(expected.unallocated, "EUR")] if expected.unallocated else [])
            lines = list(session.scalars(select(Transfer)))
            assert all(line.amount_minor > 0 and line.debit != line.credit for line in lines)
            self.check_accounts(lines)
            self.check_pages()

    def check_accounts(self, lines: list[Transfer]) -> None:
        def balance(account: str) -> int:
            debits = sum(line.amount_minor for line in lines if line.debit == account)
            return debits - sum(line.amount_minor for line in lines if line.credit == account)

        names = {name for line in lines for name in (line.debit, line.credit)}
        assert sum(map(balance, names)) == 0, "debits are credits"
        assert balance(accounts.RECEIVABLE) == sum(self.expected.items.values())
        assert -balance(accounts.SALES) == self.expected.charged
        assert -balance(accounts.UNALLOCATED) == self.expected.unallocated
        assert sum(balance(way) for way in accounts.MONEY_IN) == self.expected.received
        assert balance(accounts.CREDIT_NOTES) == self.expected.credited

    def check_pages(self) -> None:
        """What a page asks for is what is open, made of the lines that it shows (pain 5)."""
        payable = payable_now(invoice_queries.items_of_debtor(self.account.debtor_id))
        assert payable.total.minor == sum(self.expected.items.values())
        shown = queries.lines_of_items(list(self.expected.items))
        for item_id, lines in shown.items():
            assert total([line.amount for line in lines], "EUR").minor == self.expected.items[item_id]
            assert queries.lines_of(item_id) == lines


def test_any_sequence_leaves_the_books_right(house: Settings) -> None:
    Books.creditor = make_creditor()
    run_state_machine_as_test(
        Books, settings=hypothesis_settings(max_examples=8, stateful_step_count=12, deadline=None)
    )


def test_a_settled_import_is_charged_and_settled_in_one_go(house: Settings) -> None:
    account = make_account()
    item_id, today = ids.new_id(), clock.today()
    with db.transaction():
        scope.enter(account.creditor_id)
        ledger.charge(
            [
                ledger.Charge(item_id, account.debtor_id, Money(100, "EUR"), today - timedelta(days=9), today),
            ]
        )
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert queries.open_amounts([item_id]) == {item_id: Money(0, "EUR")}
        assert [line.amount.minor for line in queries.lines_of(item_id)] == [100, -100]
        assert queries.unbalanced() == []
