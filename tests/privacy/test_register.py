"""Every column of every table is in the register, in one class, and an erasure knows what to do with it."""

import pytest
from sqlalchemy import JSON, String

from portal.core import db
from portal.privacy import presenting, queries
from portal.privacy.register import CLASSES, register
from portal.wiring import load_models

load_models()


@pytest.mark.parametrize("name", sorted(db.Base.metadata.tables))
def test_every_column_stands_in_the_register(name: str) -> None:
    assert name in register().tables, f"{name}: say in portal/privacy/register.toml whose data it holds"
    known = register().tables[name].columns
    columns = set(db.Base.metadata.tables[name].columns.keys())
    assert columns - set(known) == set(), f"{name}: not classified"
    assert set(known) - columns == set(), f"{name}: no such column any more"
    assert {one.holds for one in known.values()} <= set(CLASSES)


def test_nothing_stands_in_it_that_there_is_not() -> None:
    assert set(register().tables) == set(db.Base.metadata.tables)


def test_a_customers_table_knows_whose_its_rows_are_and_has_a_name() -> None:
    for table in register().of_debtors():
        mapped = queries.model(table.name)
        assert table.name == "debtors" or hasattr(mapped, "debtor_id"), table.name
        assert table.name in presenting.NAMES, table.name
    assert set(presenting.PERIODS) >= set(register().periods)


def test_every_table_with_a_customer_on_it_is_a_customers_table() -> None:
    with_debtor = {name for name, table in db.Base.metadata.tables.items() if "debtor_id" in table.columns}
    assert with_debtor - {table.name for table in register().of_debtors()} == set()


def test_what_is_pseudonymised_is_text_and_what_is_emptied_can_be() -> None:
    for table in register().of_debtors():
        columns = db.Base.metadata.tables[table.name].columns
        for name in table.acted_on("pseudonym"):
            assert columns[name].type.python_type is str, f"{table.name}.{name}"
        for name in table.acted_on("erase"):
            column = columns[name]
            may = column.nullable or table.rows_deleted or isinstance(column.type, JSON | String)
            assert may, f"{table.name}.{name}"


def test_hashes_and_sealed_values_are_secret() -> None:
    for table in register().tables.values():
        for name, column in table.columns.items():
            if name.endswith(("code_hash", "secret_hash", "password_hash")) or "sealed" in name or "salt" in name:
                assert column.secret, f"{table.name}.{name}"
                assert name not in table.given_out
