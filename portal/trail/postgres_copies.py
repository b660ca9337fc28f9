"""A PostgreSQL database copied in one consistent look, as the owner of its tables, and put back in one transaction.

By pg_dump where one is on the PATH that knows this server, else by COPY; both are read back by COPY.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from psycopg import sql
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from portal.core import migrations
from portal.core.errors import Misconfigured
from portal.trail import pg_tools
from portal.trail.manifest import AT_ONCE_BYTES, Chain, NoBackup, Progress, Snapshot, Stored, Table

FOLDER = "tables"
_FOREIGN_KEYS = text(
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
)


def take(migration_url: str, folder: Path, progress: Progress) -> tuple[Snapshot, list[Stored]]:
    """Copies every table into `folder`, as all of them stand at one moment; nobody has to wait for it."""
    with _owner(migration_url, "REPEATABLE READ") as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        snapshot = _look_at(connection, "pg_dump" if pg_tools.dumps(_major(connection)) else "copy")
        stored = [Stored(*one) for one in connection.execute(text("SELECT creditor_id, sha256 FROM stored_files"))]
        if snapshot.method == "pg_dump":
            name = connection.scalar(text("SELECT pg_export_snapshot()"))
            pg_tools.dump(migration_url, folder / pg_tools.PIECE, str(name), [one.name for one in snapshot.tables])
            progress("database", 1, 1)
            return snapshot, stored
        (folder / FOLDER).mkdir()
        for number, table in enumerate(snapshot.tables, start=1):
            _copy_out(_raw(connection), table, folder / FOLDER / f"{table.name}.copy")
            progress("tables", number, len(snapshot.tables))
    return snapshot, stored


def put_back(
    folder: Path, migration_url: str, snapshot: Snapshot, place_files: Callable[[], None], progress: Progress
) -> None:
    """Makes the tables of the backup's revision, fills and migrates them: one transaction, all of it or nothing.

    `place_files` is called just before it commits; the application's rights are put in place by the next
    `migrations.upgrade`. Raises NoBackup.
    """
    with _owner(migration_url) as connection:
        _refuse_rows(connection)
        _make_tables(connection, snapshot.revision)
        foreign_keys = connection.execute(_FOREIGN_KEYS).all()
        for table, name, _ in foreign_keys:  # rows come table by table, and some tables name each other
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        _fill(connection, folder, snapshot, progress)
        try:
            for table, name, definition in foreign_keys:
                connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        except DBAPIError as error:
            raise NoBackup("this backup is damaged: a row names another that is not there") from error
        there = _look_at(connection, snapshot.method)
        if there.contents != snapshot.contents:
            raise NoBackup("this backup is damaged: its tables are not those of the manifest")
        command.upgrade(migrations.config(connection), "head")
        place_files()


def refuse_target(database_url: str, migration_url: str) -> None:
    """Raises NoBackup when a table of the target has rows, or the application's user is not there."""
    with _owner(migration_url) as connection:
        _refuse_rows(connection)
        _refuse_missing_user(connection, make_url(database_url).username or "")


@contextmanager
def _owner(migration_url: str, isolation: str = "READ COMMITTED") -> Iterator[Connection]:
    """One transaction as the owner of the tables: the application's own user sees one creditor at most."""
    if not migration_url:
        raise Misconfigured("PORTAL_MIGRATION_URL: on PostgreSQL only the owner of the tables sees all of them")
    url = make_url(migration_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level=isolation)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _raw(connection: Connection) -> psycopg.Connection[object]:
    found = connection.connection.driver_connection
    if not isinstance(found, psycopg.Connection):
        raise TypeError("COPY needs psycopg")
    return found


def _major(connection: Connection) -> int:
    return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


def _tables(connection: Connection) -> list[str]:
    """Ours, in order; without the queue's own and alembic's."""
    return [
        name
        for name in sorted(inspect(connection).get_table_names())
        if not name.startswith("huey") and name != "alembic_version"
    ]


def _look_at(connection: Connection, method: str) -> Snapshot:
    tables = []
    for name in _tables(connection):
        columns = tuple(str(one["name"]) for one in inspect(connection).get_columns(name))
        rows = _raw(connection).execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        tables.append(Table(name, columns, int(str(rows[0])) if rows else 0))  # type: ignore[index]
    if "event_heads" not in {one.name for one in tables}:
        raise NoBackup("this is not the database of a portal: run `portal db upgrade` first")
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    chains = connection.execute(
        text("SELECT c.slug, h.seq, h.hash FROM event_heads h JOIN creditors c ON c.id = h.creditor_id")
    ).all()
    server = str(connection.scalar(text("SHOW server_version")))
    ends = tuple(sorted((Chain(*one) for one in chains), key=lambda one: one.creditor))
    return Snapshot("postgresql", server, method, str(revision), tuple(tables), ends)


def _copy_out(connection: psycopg.Connection[object], table: Table, target: Path) -> None:
    with target.open("xb") as file, connection.cursor() as cursor, cursor.copy(_copy(table, "TO STDOUT")) as copy:
        for chunk in copy:
            file.write(chunk)


def _copy(table: Table, way: str) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(one) for one in table.columns)
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(table.name), columns, sql.SQL(way))


def _refuse_rows(connection: Connection) -> None:
    for name in _tables(connection):
        query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))
        if _raw(connection).execute(query).fetchone() is not None:
            raise NoBackup(f"the database is not empty ({name} has rows): restore into an empty place")


def _refuse_missing_user(connection: Connection, user: str) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :user"), {"user": user}) is None:
        raise NoBackup(f"there is no user {user}: make the application's user first")


def _make_tables(connection: Connection, revision: str) -> None:
    """The tables as they were; empty ones of another revision make room."""
    if _tables(connection):
        command.downgrade(migrations.config(connection), "base")
    command.upgrade(migrations.config(connection), revision)


def _fill(connection: Connection, folder: Path, snapshot: Snapshot, progress: Progress) -> None:
    raw = _raw(connection)
    try:
        if snapshot.method == "pg_dump":
            pg_tools.load(raw, folder / pg_tools.PIECE)
            progress("database", 1, 1)
            return
        for number, table in enumerate(snapshot.tables, start=1):
            path = folder / FOLDER / f"{table.name}.copy"
            with path.open("rb") as file, raw.cursor() as cursor, cursor.copy(_copy(table, "FROM STDIN")) as copy:
                while chunk := file.read(AT_ONCE_BYTES):
                    copy.write(chunk)
            progress("tables", number, len(snapshot.tables))
    except psycopg.Error as error:
        raise NoBackup(f"this backup cannot be read back: {type(error).__name__}") from error
