"""Making a backup: the database in one consistent look, then the stored files, then a manifest; never the keys."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from sqlalchemy.engine import make_url

from portal.core import clock, ids, signing
from portal.core.errors import Misconfigured
from portal.settings import Settings
from portal.trail import manifest, postgres_copies, sqlite_copies
from portal.trail.manifest import Manifest, NoBackup, Piece, Progress, Snapshot, Stored

FILES = "files"


def make(settings: Settings, folder: Path, progress: Progress) -> tuple[Manifest, list[Stored]]:
    """A backup in `folder`, which is new or empty, and the stored files that are missing or not what they were.

    The files come after the database: each was there before the row that names it. Raises NoBackup,
    Misconfigured, OSError; what was written is taken away then.
    """
    _refuse_full(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # it holds what people owe
    try:
        snapshot, stored = _database(settings, folder, progress)
        pieces = [manifest.piece_of(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]
        pieces += _files(settings, folder, progress)
        made = Manifest(clock.iso(clock.now()), version("debtor-portal"), snapshot, tuple(pieces))
        made.write(folder)
    except BaseException:
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        raise
    there = {
        (PurePosixPath(piece.path).parts[1], piece.sha256) for piece in pieces if piece.path.startswith(FILES + "/")
    }
    return made, [one for one in stored if (ids.spell(one.creditor_id), one.sha256) not in there]


def keep_keys(settings: Settings, folder: Path, backup: Path) -> Path:
    """Copies the keys file into `folder`, apart from the backup. Raises NoBackup, Misconfigured."""
    inside = folder.resolve()
    for other in (backup.resolve(), settings.files_dir.resolve()):
        if inside.is_relative_to(other) or other.is_relative_to(inside):
            raise NoBackup("the keys are kept apart from what they open: name another directory for them")
    if os.environ.get("PORTAL_KEYS"):
        raise NoBackup("the keys come from PORTAL_KEYS: back them up where that is kept")
    signing.read_keys_file(settings.keys_file)
    content = settings.keys_file.read_bytes()
    target = folder / f"keys-{hashlib.sha256(content).hexdigest()[:16]}.json"
    if target.exists() and target.read_bytes() == content:
        return target
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:  # which only its owner reads
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name).replace(target)


def _refuse_full(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NoBackup(f"{folder} is there already: a backup goes into a directory of its own")


def _database(settings: Settings, folder: Path, progress: Progress) -> tuple[Snapshot, list[Stored]]:
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        return sqlite_copies.take(settings.database_url, folder, progress)
    if not settings.migration_url:
        raise Misconfigured("PORTAL_MIGRATION_URL: on PostgreSQL only the owner of the tables sees all of them")
    return postgres_copies.take(settings.migration_url, folder, progress)


def _files(settings: Settings, folder: Path, progress: Progress) -> Iterator[Piece]:
    found = sorted(path for path in settings.files_dir.rglob("*") if path.is_file() and not path.is_symlink())
    for number, path in enumerate(found, start=1):
        target = folder / FILES / path.relative_to(settings.files_dir)
        try:
            size, digest = manifest.copied(path, target)
        except FileNotFoundError:
            continue  # half written, or erased, since the list was made
        yield Piece(target.relative_to(folder).as_posix(), size, digest)
        progress("files", number, len(found))
