"""The second wall: on PostgreSQL raw SQL without a scope returns nothing, and writes for another are refused."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from portal.core import db, scope
from portal.web.edge import PortalFlask
from portal.wiring import load_models
from tests.factories.world import make_account, make_creditor
from tests.security.everything import MAKERS, Owner

pytestmark = pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)


def owned_tables() -> list[str]:
    load_models()
    return sorted(name for name in db.Base.metadata.tables if name not in scope.GLOBAL_TABLES)


def as_creditor(connection: Connection, creditor_id: int | None) -> None:
    value = "" if creditor_id is None else str(creditor_id)
    connection.execute(text("SELECT set_config('portal.creditor_id', :value, true)"), {"value": value})


def rows(connection: Connection, table: str) -> list[int]:
    return list(connection.scalars(text(f'SELECT creditor_id FROM "{table}"')))


@pytest.fixture
def two(app: PortalFlask) -> tuple[Owner, Owner]:
    """Everything that an address can name, for two creditors."""
    owners = Owner(make_account()), Owner(make_account(make_creditor("verdi"), code="7"))
    for owner in owners:
        for name in MAKERS:
            owner.id_of(name)
    return owners


def test_every_table_shows_its_creditors_rows_and_none_without_a_scope(two: tuple[Owner, Owner]) -> None:
    mine, others = (owner.creditor_id for owner in two)
    filled = 0
    for table in owned_tables():
        with db.engine().connect() as connection:
            assert rows(connection, table) == [], f"{table} shows rows to raw SQL without a scope"
            as_creditor(connection, None)
            assert rows(connection, table) == [], table
            as_creditor(connection, mine)
            seen = rows(connection, table)
            assert set(seen) <= {mine}, table
            as_creditor(connection, others)
            assert set(rows(connection, table)) <= {others}, table
        filled += bool(seen)
    assert filled > 20, "most tables had a row that could have been seen"


def test_a_scope_ends_with_its_transaction(two: tuple[Owner, Owner]) -> None:
    """A pooled connection must not remember whose it was."""
    with db.engine().connect() as connection:
        as_creditor(connection, two[0].creditor_id)
        assert rows(connection, "debtors")
        connection.rollback()
        assert rows(connection, "debtors") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE debtors SET name = 'taken' WHERE creditor_id = :other",
        "DELETE FROM link_traces WHERE creditor_id = :other",
        "UPDATE invoices SET number = 'taken' WHERE creditor_id = :other",
        "UPDATE creditors SET iban = 'taken' WHERE id = :other",
        "DELETE FROM creditors WHERE id = :other",
    ],
)
def test_anothers_rows_are_not_met_by_a_change(two: tuple[Owner, Owner], statement: str) -> None:
    with db.engine().connect() as connection:
        as_creditor(connection, two[0].creditor_id)
        assert connection.execute(text(statement), {"other": two[1].creditor_id}).rowcount == 0


def test_a_row_cannot_be_written_for_or_given_to_another(two: tuple[Owner, Owner]) -> None:
    mine, others = (owner.creditor_id for owner in two)
    for statement in (
        "UPDATE debtors SET creditor_id = :other WHERE creditor_id = :mine",
        "INSERT INTO receivables (id, creditor_id, debtor_id, currency, open_minor) "
        "SELECT 1, :other, debtor_id, currency, 1 FROM receivables LIMIT 1",
    ):
        with db.engine().connect() as connection:
            as_creditor(connection, mine)
            with pytest.raises(DBAPIError, match="row-level security"):
                connection.execute(text(statement), {"mine": mine, "other": others})
