"""Tables come from migrations alone, go up and down on both engines, and are fenced on PostgreSQL."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from portal.core import db, migrations, scope
from tests.databases import Prepared
from tests.factories.world import make_account, make_creditor


def owner_engine(prepared: Prepared):
    url = make_url(prepared.migration_url or prepared.url)
    return create_engine(url.set(drivername="postgresql+psycopg") if prepared.migration_url else url)


def test_the_models_and_the_migrations_say_the_same(prepared: Prepared) -> None:
    engine = owner_engine(prepared)
    with engine.connect() as connection:
        assert migrations.differences(connection) == []
    engine.dispose()


def test_down_and_up_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    migrations.upgrade(url)
    migrations.downgrade(url)
    with db.engine().connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrations.upgrade(url)
    with db.engine().connect() as connection:
        assert migrations.differences(connection) == []
    db.disconnect()


def test_down_and_up_again_on_postgresql(postgres: Prepared) -> None:
    migrations.downgrade(postgres.url, postgres.migration_url)
    migrations.upgrade(postgres.url, postgres.migration_url)
    engine = owner_engine(postgres)
    with engine.connect() as connection:
        assert migrations.differences(connection) == []
    engine.dispose()


def test_every_owned_table_has_a_creditor_and_is_fenced(postgres: Prepared) -> None:
    engine = owner_engine(postgres)
    with engine.connect() as connection:
        fenced = dict(
            connection.execute(text("SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r'")).all()
        )
        for table in db.Base.metadata.sorted_tables:
            if table.name in scope.GLOBAL_TABLES:
                continue
            assert "creditor_id" in table.columns, table.name
            assert fenced[table.name], f"{table.name} has no row-level security"
    engine.dispose()


def test_every_global_table_gives_its_reason() -> None:
    names = {table.name for table in db.Base.metadata.sorted_tables} | {"alembic_version"}
    assert set(scope.GLOBAL_TABLES) <= names
    assert all(len(reason) > 10 for reason in scope.GLOBAL_TABLES.values())


@pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)
def test_raw_sql_without_a_scope_sees_nothing(prepared: Prepared, app: object) -> None:
    account = make_account(make_creditor())
    with db.engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM debtors")) == 0
        connection.execute(text(f"SELECT set_config('portal.creditor_id', '{account.creditor_id}', true)"))
        assert connection.scalar(text("SELECT count(*) FROM debtors")) == 1
        connection.execute(text("SELECT set_config('portal.creditor_id', '12', true)"))
        assert connection.scalar(text("SELECT count(*) FROM debtors")) == 0


@pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)
def test_history_and_books_cannot_be_rewritten_by_the_application(prepared: Prepared, app: object) -> None:
    account = make_account(make_creditor())
    account.add_invoice()
    for statement in ("UPDATE events SET name = 'x'", "DELETE FROM events", "DELETE FROM ledger_transfers"):
        with db.engine().connect() as connection:
            connection.execute(text(f"SELECT set_config('portal.creditor_id', '{account.creditor_id}', true)"))
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(statement))


def test_the_migration_imports_no_feature() -> None:
    for path in Path("migrations/versions").glob("*.py"):
        imports = {
            line for line in path.read_text().splitlines() if line.startswith(("import portal", "from portal"))
        }
        assert imports <= {"import portal.core.db"}, path.name


def test_the_ladder_holds() -> None:
    found = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:]
