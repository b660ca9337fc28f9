"""The database: one session per request, job or command, and the only file that commits (house.md §4).

`session()` is the running unit of work. It ends in one of three ways, all here: `transaction()` for jobs and
commands, `Unit` for the web edge, `outside_transaction()` around a network call. What must be kept of a GET
or a refusal goes through `trace()` (decision 1).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Delete,
    Engine,
    Integer,
    MetaData,
    Update,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection, Dialect, ExceptionContext, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from portal.core.errors import Misconfigured

Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it without its zone, PostgreSQL as timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant has a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: Id, datetime: Instant}  # noqa: RUF012 - SQLAlchemy reads it as it is


class NoTransaction(RuntimeError):
    """Somebody asked for the session where there is none: in a network call, or outside any unit of work."""


class WriteWhileReading(RuntimeError):
    """A GET tried to change a row (rule A-30)."""


_engine: Engine | None = None
_unit: ContextVar["Unit | None"] = ContextVar("portal_unit", default=None)
_before_commit: list[Callable[[Session], None]] = []


def connect(url: str) -> Engine:
    """Opens the database named by `url` for this process. SQLite runs in WAL mode with foreign keys on."""
    global _engine  # noqa: PLW0603 - one process, one database
    engine = _engine_of(url)
    disconnect()
    _engine = engine
    return engine


@lru_cache(maxsize=4)
def _engine_of(url: str) -> Engine:
    """One engine for each database: who comes back to it finds its statements compiled."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise Misconfigured("PORTAL_DATABASE_URL: SQLite needs a file, memory is not shared by threads")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            url, connect_args={"check_same_thread": False, "timeout": 30}, pool_size=20, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif parsed.get_backend_name() == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=False,
            hide_parameters=True,
        )
        event.listen(engine, "handle_error", _quote_nobody)
    else:
        raise Misconfigured("PORTAL_DATABASE_URL must begin with sqlite:// or postgresql://")
    return engine


def disconnect() -> None:
    """Closes every pooled connection; the next `connect` starts afresh."""
    global _engine  # noqa: PLW0603
    if _engine is not None:
        _engine.dispose()
    _engine = None


def engine() -> Engine:
    if _engine is None:
        raise NoTransaction("no database: call connect() first")
    return _engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    # secure_delete: what is deleted or changed is written over with zeros, not only marked as free.
    pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def empty_log() -> bool:
    """SQLite's write-ahead log, where older versions of a row stand, goes into the database and is emptied.

    False when a reader stands in the way; on PostgreSQL nothing is done (its log is the server's own affair).
    """
    if engine().dialect.name != "sqlite":
        return True
    connection = engine().raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=1000")  # writers wait for this: not for long
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute("PRAGMA busy_timeout=30000")
    finally:
        connection.close()
    return not busy


def _quote_nobody(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL quotes the row that it refuses: an error that is logged names the constraint only."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write takes the lock at once: upgrading a read snapshot fails without waiting.
    writes = connection.get_execution_options().get("portal_writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Unit:
    """One unit of work: a session, whether it may write, and whether a network call is running."""

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes
        self.outside = False
        self.went_outside = False  # part of it is committed already, whatever happens now
        bind = engine() if writes else engine().execution_options(portal_writes=False)
        self.session = Session(bind, expire_on_commit=False, autoflush=True)
        self.session.info["writes"] = writes
        self._token = _unit.set(self)

    def commit(self) -> None:
        """Keeps everything of this unit; hooks of `on_commit` run after it."""
        for hook in _before_commit:
            hook(self.session)
        self.session.commit()

    def rollback(self) -> None:
        self.session.rollback()
        for left in ("on_commit", "events", "wrote", "posted", "retold"):
            self.session.info.pop(left, None)

    def close(self) -> None:
        self.session.close()
        _unit.reset(self._token)


def before_commit(hook: Callable[[Session], None]) -> Callable[[Session], None]:
    """Registers what must happen in every transaction just before it commits (the event chain)."""
    _before_commit.append(hook)
    return hook


def first_before_commit(hook: Callable[[Session], None]) -> Callable[[Session], None]:
    """The same ahead of all others: what asks for locks must not hold the chain's head meanwhile."""
    _before_commit.insert(0, hook)
    return hook


def session() -> Session:
    """The session of the running unit of work; raises NoTransaction where there must be none."""
    unit = _unit.get()
    if unit is None:
        raise NoTransaction("no unit of work is open here")
    if unit.outside:
        raise NoTransaction("the network is being used: no transaction may be open (house.md §4)")
    return unit.session


@contextmanager
def transaction(*, writes: bool = True, frozen: bool = False) -> Iterator[Session]:
    """One job or command: commits at its end, rolls back when it raises.

    `frozen`: each of its statements sees the database as the first one did, however long it takes; on SQLite that is
    always so.
    """
    unit = Unit(writes=writes)
    try:
        if frozen and engine().dialect.name == "postgresql":
            unit.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield unit.session
        if writes:
            unit.commit()
    except BaseException:
        unit.rollback()
        raise
    finally:
        unit.close()


@contextmanager
def outside_transaction() -> Iterator[None]:
    """Commits what is written so far, and forbids the session until the block ends: the network's place."""
    unit = _unit.get()
    if unit is None or unit.outside:
        raise NoTransaction("outside_transaction() belongs inside a unit of work, once")
    unit.commit()
    unit.outside = unit.went_outside = True
    try:
        yield
    finally:
        unit.outside = False


@contextmanager
def trace() -> Iterator[Session]:
    """A short transaction of its own for traces: what is kept even of a GET or of a refusal (decision 1).

    The running unit must not have written anything yet; its read snapshot is ended first, so that SQLite's
    single writer is free. The scope is carried over.
    """
    outer = _unit.get()
    info: dict[Any, Any] = {}
    if outer is not None:
        if outer.session.new or outer.session.dirty or outer.session.deleted or outer.session.info.get("wrote"):
            raise NoTransaction("a trace comes before the first write of its request")
        outer.session.commit()
        info = {key: outer.session.info[key] for key in ("scope", "actor") if key in outer.session.info}
    unit = Unit(writes=True)
    unit.session.info.update(info, tracing=True)
    try:
        yield unit.session
        unit.commit()
    except BaseException:
        unit.rollback()
        raise
    finally:
        unit.close()


def changed(statement: Update | Delete) -> int:
    """Runs a conditional UPDATE or DELETE and says how many rows it met: what decides a race."""
    result = session().execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]


def on_commit(hook: Callable[[], None]) -> None:
    """Runs `hook` after this transaction has committed, never when it rolls back; no SQL inside."""
    session().info.setdefault("on_commit", []).append(hook)


@event.listens_for(Session, "after_commit")
def _run_hooks(committed: Session) -> None:
    if committed.in_nested_transaction():
        return  # a savepoint was let go: nobody else sees what was written until the whole has committed
    committed.info.pop("wrote", None)
    for hook in committed.info.pop("on_commit", []):
        hook()


@event.listens_for(Session, "before_flush")
def _no_write_while_reading(flushed: Session, _context: object, _instances: object) -> None:
    if not (flushed.new or flushed.dirty or flushed.deleted):
        return
    if flushed.info.get("writes") is False:
        raise WriteWhileReading("a GET changes nothing")
    flushed.info["wrote"] = True
