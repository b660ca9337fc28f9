"""A SQLite database copied while it is in use, by SQLite's own online backup; and put back under another name."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from portal.core import db, migrations
from portal.trail.manifest import Chain, NoBackup, Progress, Snapshot, Stored, Table

PIECE = "database.sqlite"
PAGES_AT_ONCE = 2048
_BESIDE = ("-wal", "-shm", "-journal")


def take(database_url: str, folder: Path, progress: Progress) -> tuple[Snapshot, list[Stored]]:
    """Copies the database into `folder`, as it stands at this moment. Raises NoBackup when there is none."""
    source = _path(database_url)
    if not source.exists():
        raise NoBackup(f"there is no database at {source}")
    target = folder / PIECE
    with _opened(source) as reading, _opened(target) as writing:
        # A read snapshot held throughout: writers go on, and the copy does not begin anew with each of them.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(
            writing, pages=PAGES_AT_ONCE, progress=lambda _status, left, all_: progress("database", all_ - left, all_)
        )
        writing.execute("PRAGMA journal_mode=DELETE")  # one file that is whole
    with _opened(target) as copy:
        _refuse_damage(copy, "PRAGMA quick_check")
        snapshot = _look_at(copy)
        stored = [Stored(*one) for one in copy.execute("SELECT creditor_id, sha256 FROM stored_files")]
    _to_disk(target)
    return snapshot, stored


def put_back(piece: Path, database_url: str, snapshot: Snapshot, place_files: Callable[[], None]) -> None:
    """Checks and migrates a copy beside the target, then gives it the target's name: all of it or nothing.

    `place_files` is called just before that. Raises NoBackup.
    """
    target = _path(database_url)
    refuse_rows(database_url)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.restoring-{os.getpid()}")
    try:
        with _opened(piece) as reading, _opened(beside) as writing:
            reading.backup(writing)
            _refuse_damage(writing, "PRAGMA integrity_check")
            if _look_at(writing).contents != snapshot.contents:
                raise NoBackup("this backup is damaged: its tables are not those of the manifest")
        migrations.upgrade(f"sqlite:///{beside}")
        db.disconnect()
        with _opened(beside) as migrated:
            if migrated.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise NoBackup("this backup is damaged: a row names another that is not there")
            migrated.execute("PRAGMA journal_mode=DELETE")
        _to_disk(beside)
        place_files()
        _forget_beside(target)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
        _forget_beside(beside)


def refuse_rows(database_url: str) -> None:
    """Raises NoBackup when the target has rows, or is no database."""
    target = _path(database_url)
    if not target.exists():
        return
    try:
        with _opened(target) as there:
            full = [name for name in _tables(there) if there.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]  # noqa: S608  # nosec B608 - a table's own name
    except sqlite3.DatabaseError as error:
        raise NoBackup(f"{target} is no database: nothing is written over it") from error
    if full:
        raise NoBackup(f"{target} is not empty ({full[0]} has rows): restore into an empty place")


def _path(database_url: str) -> Path:
    return Path(make_url(database_url).database or "")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        yield connection


def _refuse_damage(connection: sqlite3.Connection, check: str) -> None:
    try:
        found = connection.execute(check).fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise NoBackup(f"this database is damaged: {error}") from error
    if found != "ok":
        raise NoBackup(f"this database is damaged: {found}")


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Ours, in order; without the queue's own, alembic's and SQLite's."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return [name for (name,) in rows if not name.startswith(("huey", "sqlite_")) and name != "alembic_version"]


def _look_at(connection: sqlite3.Connection) -> Snapshot:
    tables = []
    for name in _tables(connection):
        columns = tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{name}")'))
        rows = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  # nosec B608 - as above
        tables.append(Table(name, columns, rows))
    try:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        chains = connection.execute(
            "SELECT c.slug, h.seq, h.hash FROM event_heads h JOIN creditors c ON c.id = h.creditor_id ORDER BY c.slug"
        ).fetchall()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise NoBackup("this is not the database of a portal: run `portal db upgrade` first") from error
    return Snapshot(
        "sqlite", sqlite3.sqlite_version, "sqlite", revision, tuple(tables), tuple(Chain(*one) for one in chains)
    )


def _forget_beside(path: Path) -> None:
    """An old write-ahead log would be taken for the new file's."""
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
