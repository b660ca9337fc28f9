"""Putting a backup back into an empty place: everything is checked first, then all of it or nothing."""

import os
import shutil
from pathlib import Path, PurePosixPath

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import make_url

from portal.core import migrations
from portal.settings import Settings
from portal.trail import manifest, postgres_copies, sqlite_copies
from portal.trail.backups import FILES
from portal.trail.manifest import Manifest, NoBackup, Piece, Progress, placed


def restore(settings: Settings, folder: Path, progress: Progress) -> Manifest:
    """Puts the backup in `folder` where `settings` say, migrated to the newest tables.

    Raises NoBackup, and leaves the place as it was, for a target with rows or files, a damaged or incomplete
    backup, one of another engine, and one of a revision that this portal does not know.
    """
    found = manifest.read(folder)
    _refuse_engine(settings, found)
    _refuse_revision(found.snapshot.revision)
    _refuse_target(settings)
    manifest.check(folder, found, progress)
    files = _Files(settings.files_dir, folder, found)
    try:
        files.stage(progress)
        if found.snapshot.engine == "sqlite":
            piece = folder / sqlite_copies.PIECE
            sqlite_copies.put_back(piece, settings.database_url, found.snapshot, files.place)
        else:
            url = settings.migration_url
            postgres_copies.put_back(folder, url, found.snapshot, files.place, progress)
    except BaseException:
        files.take_back()
        raise
    if found.snapshot.engine != "sqlite":
        migrations.upgrade(settings.database_url, settings.migration_url)  # the application's rights
    return found


def _refuse_engine(settings: Settings, found: Manifest) -> None:
    engine = make_url(settings.database_url).get_backend_name()
    if engine != found.snapshot.engine:
        raise NoBackup(f"this is a backup of {found.snapshot.engine}: it cannot go into {engine}")


def _refuse_revision(revision: str) -> None:
    try:
        ScriptDirectory.from_config(migrations.config()).get_revision(revision)
    except CommandError as error:
        raise NoBackup(
            f"this backup's tables are of revision {revision}, which this portal does not know: install the portal "
            "that made it, or a newer one"
        ) from error


def _refuse_target(settings: Settings) -> None:
    files = settings.files_dir
    if files.exists() and any(files.iterdir()):
        raise NoBackup(f"{files} is not empty: restore into an empty place")
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        sqlite_copies.refuse_rows(settings.database_url)
    else:
        postgres_copies.refuse_target(settings.database_url, settings.migration_url)


class _Files:
    """The stored files on their way: copied beside their place (which may be a volume of its own), then moved."""

    def __init__(self, target: Path, folder: Path, found: Manifest) -> None:
        self._target, self._folder = target, folder
        self._pieces = [piece for piece in found.pieces if PurePosixPath(piece.path).parts[0] == FILES]
        self._staged = target / f".restoring-{os.getpid()}"
        self._moved: list[Path] = []

    def stage(self, progress: Progress) -> None:
        for number, piece in enumerate(self._pieces, start=1):
            target = self._staged.joinpath(*PurePosixPath(piece.path).parts[1:])
            size, digest = manifest.copied(placed(self._folder, piece), target)
            if Piece(piece.path, size, digest) != piece:
                raise NoBackup(f"this backup is damaged: {piece.path} is not what it was")
            progress("files", number, len(self._pieces))

    def place(self) -> None:
        if not self._staged.exists():
            return
        for path in sorted(self._staged.iterdir()):
            self._moved.append(path.rename(self._target / path.name))
        self._staged.rmdir()

    def take_back(self) -> None:
        for path in [*self._moved, self._staged]:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
