"""Twenty at the same moment on one due item: never below zero, each fact once, whichever database (pain 3)."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.invoices import actions as invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts, queries
from portal.ledger import actions as ledger
from portal.ledger.models import Receivable, Transfer
from portal.settings import Settings
from tests.factories.world import make_account
from tests.parallel import at_once


class Due:
    """One due item of 100.00 and what can be done to it."""

    def __init__(self) -> None:
        self.account = make_account()
        self.invoice_id = self.account.add_invoice(amount="100.00")
        (self.item_id,) = self.account.item_ids(self.invoice_id)

    def pay(self, minor: int, source_id: int, *, way: str = accounts.CARD) -> ledger.Settled:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            (item,) = invoice_queries.items([self.item_id])
            return invoices.settle_item(
                item,
                Money(minor, "EUR"),
                account=way,
                kind="payment",
                source=ledger.Source("payment", source_id),
                value_on=clock.today(),
            )

    def check(self) -> tuple[int, int, list[str]]:
        """What is open, the credit without a place, and the names of what was told; the books must hold."""
        with db.transaction(writes=False) as session:
            scope.enter(self.account.creditor_id)
            assert queries.unbalanced() == []
            (receivable,) = session.scalars(select(Receivable))
            credit = sum(one.minor for one in queries.unallocated(self.account.debtor_id))
            told = session.scalars(select(EventRow.name).where(EventRow.name.like("%.settled"))).all()
            keys = session.execute(select(Transfer.source_kind, Transfer.source_id, Transfer.position)).all()
            assert len(set(keys)) == len(keys)
            return receivable.open_minor, credit, list(told)


@pytest.fixture
def due(house: Settings) -> Due:
    return Due()


def test_twenty_payments_of_one_item_never_lower_it_below_nought(due: Due) -> None:
    """Twenty times 9.00 for 100.00: eleven and a bit fit, the rest is the debtor's credit."""
    outcomes = at_once(20, lambda number: due.pay(900, number))
    assert all(isinstance(one, ledger.Settled) for one in outcomes), outcomes
    assert sum(one.applied.minor for one in outcomes) == 100_00
    assert sum(one.excess.minor for one in outcomes) == 80_00
    open_minor, credit, told = due.check()
    assert (open_minor, credit) == (0, 80_00)
    assert told.count("item.settled") == 12
    assert told.count("invoice.settled") == 1, "it closes once"


def test_the_same_payment_told_twenty_times_at_once_is_booked_once(due: Due) -> None:
    outcomes = at_once(20, lambda _: due.pay(40_00, 7))
    booked = [one for one in outcomes if isinstance(one, ledger.Settled)]
    assert [(one.applied.minor, one.excess.minor) for one in booked] == [(40_00, 0)]
    assert {type(one) for one in outcomes if one not in booked} == {ledger.AlreadyPosted}
    assert due.check() == (60_00, 0, ["item.settled"])


def test_a_payment_too_large_told_twenty_times_is_booked_once_credit_included(due: Due) -> None:
    outcomes = at_once(20, lambda _: due.pay(250_00, 7))
    assert sum(isinstance(one, ledger.Settled) for one in outcomes) == 1
    assert {type(one) for one in outcomes} == {ledger.Settled, ledger.AlreadyPosted}
    open_minor, credit, _ = due.check()
    assert (open_minor, credit) == (0, 150_00)
    with pytest.raises(ledger.AlreadyPosted):
        due.pay(1, 7)


def test_ten_payments_each_told_twice_at_once_are_ten(due: Due) -> None:
    outcomes = at_once(20, lambda number: due.pay(15_00, number % 10))
    assert sum(isinstance(one, ledger.Settled) for one in outcomes) == 10
    open_minor, credit, told = due.check()
    assert (open_minor, credit) == (0, 50_00)
    assert told.count("invoice.settled") == 1


def test_card_transfer_and_credit_note_on_one_day(due: Due) -> None:
    """B-10: both succeed; the second goes to the debtor's credit, never silently into the item."""
    note_id = ids.new_id()
    with db.transaction():
        scope.enter(due.account.creditor_id)
        new = invoices.NewInvoice(
            note_id, due.account.debtor_id, "credit_note", "NC1", clock.today(), Money(30_00, "EUR"), (), "128/2026"
        )
        invoices.add_invoices([new])

    def credit() -> None:
        with db.transaction() as session:
            scope.enter(due.account.creditor_id)
            credit_notes.apply_credit_note(session.get_one(Invoice, note_id))

    def act(number: int) -> Any:
        if number == 0:
            return credit()
        return due.pay(100_00, number, way=accounts.CARD if number == 1 else accounts.BANK)

    outcomes = at_once(3, act)
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    open_minor, unallocated, told = due.check()
    assert (open_minor, unallocated) == (0, 130_00)
    assert told.count("invoice.settled") == 1


def test_credit_on_a_closed_item_stays_credit(due: Due) -> None:
    """Somebody paid while the credit was being moved: nothing is booked twice, nothing is lost."""
    due.pay(100_00, 1)
    due.pay(20_00, 2)
    with db.transaction():
        scope.enter(due.account.creditor_id)
        moved = ledger.settle(
            due.item_id, Money(20_00, "EUR"), account=accounts.UNALLOCATED, kind="credit",
            source=ledger.Source("move", 1), value_on=clock.today(), origin=ledger.Source("payment", 2),
        )  # fmt: skip
    assert (moved.applied.minor, moved.excess.minor) == (0, 20_00)
    assert due.check()[:2] == (0, 20_00)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"debit": accounts.SALES},
        {"receivable_id": 12345},
        {"source_kind": "due_item", "source_id": None},
    ],
    ids=str,
)
def test_the_database_itself_refuses_a_line_that_cannot_be(due: Due, wrong: dict[str, Any]) -> None:
    if "source_id" in wrong:
        wrong = {**wrong, "source_id": due.item_id}  # the charge of this item, once more
    line = {
        "id": ids.new_id(), "debtor_id": due.account.debtor_id, "posted_at": clock.now(), "value_on": clock.today(),
        "kind": "invoice", "debit": accounts.RECEIVABLE, "credit": accounts.SALES, "receivable_id": due.item_id,
        "amount_minor": 1, "currency": "EUR", "source_kind": "x", "source_id": 1, "position": 0,
        "origin_kind": "x", "origin_id": 1,
    }  # fmt: skip
    with pytest.raises(IntegrityError), db.transaction() as session:
        scope.enter(due.account.creditor_id)
        session.add(Transfer(**{**line, **wrong}))
        session.flush()
    assert due.check()[:2] == (100_00, 0)


def test_a_residual_below_nought_is_refused_by_the_database(due: Due) -> None:
    with pytest.raises(IntegrityError), db.transaction() as session:
        scope.enter(due.account.creditor_id)
        session.get_one(Receivable, due.item_id).open_minor = -1
        session.flush()


def test_a_kept_balance_that_lies_is_found(due: Due) -> None:
    with db.transaction() as session:
        scope.enter(due.account.creditor_id)
        session.get_one(Receivable, due.item_id).open_minor = 99_99
    with db.transaction(writes=False):
        scope.enter(due.account.creditor_id)
        assert queries.unbalanced() == [due.item_id]
