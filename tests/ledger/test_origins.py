"""Whose money it is: credit of one source is used by that source alone, and no more of it than there is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, text, update

from portal.core import clock, db, ids, migrations, scope
from portal.core.money import Money
from portal.ledger import accounts, origins, queries
from portal.ledger import actions as ledger
from portal.ledger.models import Credit, Receivable, Transfer
from portal.ledger.sources import Overdrawn, Source
from portal.settings import Settings
from tests.factories.world import Account, make_account
from tests.parallel import at_once

MINE, OTHER = Source("bank_movement", 1), Source("credit_note", 2)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def account(house: Settings) -> Account:
    """Two invoices of 100.00, and 50.00 of credit from each of two sources."""
    found = make_account()
    for number in ("1/2026", "2/2026"):
        found.add_invoice(number, "100.00")
    for source in (MINE, OTHER):
        within(
            found,
            lambda source=source: ledger.keep_as_credit(
                found.debtor_id, euro(50_00), account=accounts.BANK, kind="x", source=source, value_on=clock.today()
            ),
        )
    return found


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def use(account: Account, minor: int, *, origin: Source = MINE, number: int = 0) -> ledger.Settled:
    [item_id] = account.item_ids(account.invoice_ids[number])
    source = Source("use", ids.new_id())
    found: ledger.Settled = within(
        account,
        lambda: ledger.settle(
            item_id, euro(minor), account=accounts.UNALLOCATED, kind="use", source=source, value_on=clock.today(),
            origin=origin,
        ),
    )  # fmt: skip
    return found


def reopen(account: Account, minor: int, into: str, *, origin: Source = MINE, number: int = 0) -> None:
    [item_id] = account.item_ids(account.invoice_ids[number])
    within(
        account,
        lambda: ledger.reopen(
            item_id, euro(minor), account=into, kind="back", source=Source("back", ids.new_id()),
            value_on=clock.today(), origin=origin,
        ),
    )  # fmt: skip


def standing(account: Account, origin: Source = MINE) -> tuple[int, int, int]:
    """What is free, what is used, and all credit of the debtor; the books must hold."""

    def look() -> tuple[int, int, int]:
        assert queries.unbalanced() == []
        assert queries.above_charges() == []
        assert origins.unbalanced() == []
        held = origins.held(origin)
        assert origins.free(origin, "EUR").minor == held.free
        return held.free, sum(held.used.values()), sum(one.minor for one in queries.unallocated(account.debtor_id))

    found: tuple[int, int, int] = within(account, look)
    return found


def test_what_is_used_is_no_longer_free_and_is_again_when_it_is_taken_from_there(account: Account) -> None:
    use(account, 30_00)
    assert standing(account) == (20_00, 30_00, 70_00)
    reopen(account, 10_00, accounts.UNALLOCATED)
    assert standing(account) == (30_00, 20_00, 80_00)
    assert standing(account, OTHER) == (50_00, 0, 80_00)


def test_no_more_of_one_source_is_used_than_it_brought(account: Account) -> None:
    with pytest.raises(Overdrawn):
        use(account, 50_01)
    assert standing(account) == (50_00, 0, 100_00)
    use(account, 50_00)
    with pytest.raises(Overdrawn):
        use(account, 1, number=1)
    assert standing(account) == (0, 50_00, 50_00)


def test_nor_given_back(account: Account) -> None:
    def give(minor: int) -> None:
        ledger.move(account.debtor_id, euro(minor), debit=accounts.UNALLOCATED, credit=accounts.BANK, kind="back",
                    source=Source("back", 1), value_on=clock.today(), origin=MINE)  # fmt: skip

    with pytest.raises(Overdrawn):
        within(account, lambda: give(60_00))
    within(account, lambda: give(50_00))
    assert standing(account) == (0, 0, 50_00)


def test_credit_is_used_by_name(account: Account) -> None:
    with pytest.raises(ValueError, match="whose credit"):
        within(
            account,
            lambda: ledger.settle(
                account.item_ids(account.invoice_ids[0])[0], euro(1), account=accounts.UNALLOCATED, kind="x",
                source=Source("x", 1), value_on=clock.today(),
            ),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("into", "origin", "number"),
    [
        (accounts.UNALLOCATED, OTHER, 0),  # another's use
        (accounts.UNALLOCATED, MINE, 1),  # another due item
        (accounts.BANK, MINE, 0),  # it settled nothing there as it came
    ],
    ids=["another source", "another item", "not as it came"],
)
def test_only_what_a_source_has_settled_is_taken_from_a_due_item(
    account: Account, into: str, origin: Source, number: int
) -> None:
    use(account, 30_00)
    with pytest.raises(Overdrawn):
        reopen(account, 1, into, origin=origin, number=number)
    reopen(account, 30_00, accounts.UNALLOCATED)
    with pytest.raises(Overdrawn):
        reopen(account, 1, accounts.UNALLOCATED)
    assert standing(account) == (50_00, 0, 100_00)


def test_ten_that_use_the_same_credit_at_once_use_it_once(account: Account) -> None:
    outcomes = at_once(10, lambda number: use(account, 20_00, number=number % 2))
    used = [one for one in outcomes if isinstance(one, ledger.Settled)]
    assert len(used) <= 2
    assert standing(account) == (50_00 - 20_00 * len(used), 20_00 * len(used), 100_00 - 20_00 * len(used))


def test_kept_credit_that_lies_is_found(account: Account) -> None:
    def lie() -> None:
        db.session().query(Credit).filter(Credit.origin_id == MINE.id).one().free_minor = 1

    within(account, lie)
    assert within(account, origins.unbalanced) == [MINE]


def test_a_due_item_open_above_its_charges_is_found(account: Account) -> None:
    """As the books would look if something had gone past the actions."""
    [item_id] = account.item_ids(account.invoice_ids[0])

    def forge() -> None:
        line = Transfer(
            id=ids.new_id(), creditor_id=account.creditor_id, debtor_id=account.debtor_id, posted_at=clock.now(),
            value_on=clock.today(), kind="x", debit=accounts.RECEIVABLE, credit=accounts.REFUNDS,
            receivable_id=item_id, amount_minor=1, currency="EUR", source_kind="x", source_id=1, position=0,
            origin_kind="x", origin_id=1,
        )  # fmt: skip
        db.session().add(line)
        db.changed(update(Receivable).where(Receivable.id == item_id).values(open_minor=100_01))

    within(account, forge)
    assert within(account, queries.above_charges) == [item_id]


def test_lines_from_before_are_named_by_what_they_follow(tmp_path: Path) -> None:
    """The migration: a refund's lines are its payment's, what used an overpayment is its source's, and so on."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    migrations.upgrade(url, revision="0009")
    db.disconnect()
    engine = create_engine(url)
    lines = [  # debit, credit, minor, source
        ("card", "unallocated", 100, "payment_attempt", 1),
        ("unallocated", "refunds", 40, "refund", 11),
        ("credit_notes", "unallocated", 70, "credit_note", 2),
        ("unallocated", "receivable", 30, "late_credit", 2),
        ("bank", "unallocated", 50, "bank_movement", 3),
        ("unallocated", "receivable", 20, "overpayment", 13),
    ]
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        for number, (debit, credit, minor, kind, source) in enumerate(lines, start=1):
            connection.execute(
                text(
                    "INSERT INTO ledger_transfers (id, creditor_id, debtor_id, posted_at, value_on, kind, debit, credit,"
                    " amount_minor, currency, source_kind, source_id, position) VALUES (:id, 1, 1, '2026-11-22',"
                    " '2026-11-22', 'x', :debit, :credit, :minor, 'EUR', :kind, :source, 0)"
                ),
                {"id": number, "debit": debit, "credit": credit, "minor": minor, "kind": kind, "source": source},
            )
        _fill(connection, "refunds", id=11, attempt_id=1)
        _fill(connection, "overpayments", id=13, source_kind="bank_movement", source_id=3, amount_minor=50)
    engine.dispose()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        command.upgrade(migrations.config(connection), "0010")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT origin_kind, origin_id FROM ledger_transfers ORDER BY id")).all()
        kept = connection.execute(text("SELECT origin_kind, free_minor FROM credits ORDER BY origin_kind")).all()
    engine.dispose()
    attempt, note, movement = ("payment_attempt", 1), ("credit_note", 2), ("bank_movement", 3)
    assert [tuple(one) for one in found] == [attempt, attempt, note, note, movement, movement]
    assert [tuple(one) for one in kept] == [("bank_movement", 30), ("credit_note", 40), ("payment_attempt", 60)]


def _fill(connection: Any, table: str, **values: Any) -> None:
    """A row with these values; whatever else must not be empty is 1."""
    columns = connection.execute(text(f"PRAGMA table_info({table})")).all()
    row = {one.name: values.get(one.name, 1) for one in columns if one.notnull or one.name in values}
    row |= {name: 0 for name in ("used_minor", "gone_minor") if name in row}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)
