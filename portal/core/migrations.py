"""Bringing a database up to date, on SQLite and PostgreSQL; rights and row-level security on the latter.

On PostgreSQL tables belong to the user of PORTAL_MIGRATION_URL; the application's own user is neither their
owner nor a superuser, and sees only rows of the creditor in scope (decision 21).
"""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

from portal.core import db, scope
from portal.core.errors import Misconfigured
from portal.core.states import StatusColumn
from portal.settings import ROOT


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    if connection is not None:
        made.attributes["connection"] = connection
    return made


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leaves the queue's own tables alone."""
    return not (kind == "table" and name is not None and name.startswith("huey"))


def render_type(kind: str, value: Any, _context: Any) -> Any:
    """Writes our column types as what they are in the database: a migration must not import features."""
    if kind == "type" and isinstance(value, StatusColumn):
        return "sa.String(length=32)"
    if kind == "type" and isinstance(value, db.Instant):
        return "portal.core.db.Instant()"
    return False


def upgrade(database_url: str, migration_url: str = "", revision: str = "head") -> None:
    """Migrates the database to `revision` and, on PostgreSQL, puts rights and row-level security in place."""
    _run(database_url, migration_url, lambda c: command.upgrade(config(c), revision))


def downgrade(database_url: str, migration_url: str = "", revision: str = "base") -> None:
    _run(database_url, migration_url, lambda c: command.downgrade(config(c), revision))


def refresh_statistics(migration_url: str) -> None:
    """After a great many rows at once: PostgreSQL looks at its tables anew, as their owner; nothing on SQLite.

    Until it does by itself, within a minute or so, it plans as for the tables of before, and a join of three of them
    takes minutes instead of milliseconds.
    """
    if not migration_url:
        return
    owner = create_engine(make_url(migration_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with owner.connect() as connection:
            connection.execute(text("ANALYZE"))
    finally:
        owner.dispose()


def _run(database_url: str, migration_url: str, work: Any) -> None:
    app_url = make_url(database_url)
    if app_url.get_backend_name() == "sqlite":
        engine = db.connect(database_url)
        with engine.connect() as connection:
            # A table is changed by making it anew, which rows that name it would forbid. Said to the driver: within
            # a transaction, which SQLAlchemy begins with whatever it is asked, SQLite takes no notice of it.
            driver = connection.connection.cursor()
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    work(connection)
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise Misconfigured("after the migration a row would name another that is not there")
            finally:
                driver.execute("PRAGMA foreign_keys=ON")
                driver.close()
        return
    if not migration_url:
        raise Misconfigured("PORTAL_MIGRATION_URL: on PostgreSQL the tables belong to a user of their own")
    owner = create_engine(make_url(migration_url).set(drivername="postgresql+psycopg"))
    try:
        with owner.begin() as connection:
            work(connection)
            _secure(connection, app_url)
    finally:
        owner.dispose()


def _secure(connection: Connection, app_url: URL) -> None:
    """Grants the application's user what it needs and no more, and fences every owned table."""
    role = connection.dialect.identifier_preparer.quote(app_url.username or "")
    schema = connection.scalar(text("SELECT current_schema()"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {role}"))
    present = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))
    for table in sorted(present):
        name = connection.dialect.identifier_preparer.quote(table)
        if table == "alembic_version":
            connection.execute(text(f"GRANT SELECT ON {name} TO {role}"))
            continue
        rights = "SELECT, INSERT" if table in {"events", "ledger_transfers"} else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"GRANT {rights} ON {name} TO {role}"))
        if table == "creditors":
            _fence_creditors(connection, role)
        if table in scope.GLOBAL_TABLES or table.startswith("huey"):
            continue
        mine = "creditor_id = nullif(current_setting('portal.creditor_id', true), '')::bigint"
        connection.execute(text(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"DROP POLICY IF EXISTS one_creditor ON {name}"))
        connection.execute(text(f"CREATE POLICY one_creditor ON {name} TO {role} USING ({mine}) WITH CHECK ({mine})"))


def _fence_creditors(connection: Connection, role: str) -> None:
    """A list to read and to add to for everybody; only the creditor in scope is changed: its account stands there."""
    own = "id = nullif(current_setting('portal.creditor_id', true), '')::bigint"
    connection.execute(text("ALTER TABLE creditors ENABLE ROW LEVEL SECURITY"))
    for name, act in (
        ("all_read", "FOR SELECT TO {role} USING (true)"),
        ("all_add", "FOR INSERT TO {role} WITH CHECK (true)"),
        ("own_change", "FOR UPDATE TO {role} USING ({own}) WITH CHECK ({own})"),
        ("own_end", "FOR DELETE TO {role} USING ({own})"),
    ):
        connection.execute(text(f"DROP POLICY IF EXISTS {name} ON creditors"))
        connection.execute(text(f"CREATE POLICY {name} ON creditors {act.format(role=role, own=own)}"))


def differences(connection: Connection) -> list[Any]:
    """What the models say and the database does not, or the other way round; must be empty."""
    context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
    return list(compare_metadata(context, db.Base.metadata))


def refuse_strong_user(connection: Connection) -> None:
    """The application must not be able to look past row-level security. Raises Misconfigured."""
    if connection.dialect.name != "postgresql":
        return
    strong, owns = connection.execute(
        text(
            "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user),"
            " EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'creditors' AND tableowner = current_user)"
        )
    ).one()
    if strong or owns:
        raise Misconfigured(
            "PORTAL_DATABASE_URL names a superuser, the tables' owner or a BYPASSRLS user: give the application "
            "a user of its own (decision 21)"
        )
