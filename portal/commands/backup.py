"""`portal backup DIR` and `portal restore DIR`: everything but the keys, and back into an empty place (rule D-50)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from portal.core.errors import Misconfigured
from portal.settings import Settings
from portal.trail import backups, restoring
from portal.trail.manifest import Manifest, NoBackup

DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=DIRECTORY)
@click.option("--keys", "keys_folder", type=DIRECTORY, help="Also copies the keys, into this other directory.")
def backup(folder: Path, keys_folder: Path | None) -> None:
    """Copies the database and the stored files into DIR, while the portal is running. The keys stay out."""
    with _one_line():
        settings = Settings.read()
        kept = backups.keep_keys(settings, keys_folder, folder) if keys_folder is not None else None
        made, missing = backups.make(settings, folder, _show)
    _end_line()
    click.echo(_sentence(made, f"backed up into {folder}"))
    click.echo(f"keys: {kept}" if kept is not None else "keys: not in it; without them it opens no link")
    if missing:
        click.echo(f"{len(missing)} stored files are gone or are not what they were: {missing[0].sha256} …", err=True)
        raise SystemExit(1)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(folder: Path) -> None:
    """Puts the backup in DIR into an empty database and an empty directory of files: all of it or nothing."""
    with _one_line():
        settings = Settings.read()
        found = restoring.restore(settings, folder, _show)
    _end_line()
    click.echo(_sentence(found, f"restored from {folder}"))
    if not settings.keys_file.exists() and not os.environ.get("PORTAL_KEYS"):
        click.echo(f"keys: put the keys file back at {settings.keys_file}, readable by its owner alone")
    click.echo("next: `portal audit verify`, then start the portal; what waited to be sent is sent with its own ids")


def _sentence(one: Manifest, what: str) -> str:
    rows = sum(table.rows for table in one.snapshot.tables)
    files = sum(piece.path.startswith(f"{backups.FILES}/") for piece in one.pieces)
    return (
        f"{what}: {one.made_at}, {one.snapshot.engine} {one.snapshot.server} by {one.snapshot.method}, revision "
        f"{one.snapshot.revision}, {rows} rows, {files} files, {sum(piece.bytes for piece in one.pieces)} bytes"
    )


@contextmanager
def _one_line() -> Iterator[None]:
    """What cannot be done is said in one line, exit 2."""
    try:
        yield
    except (NoBackup, Misconfigured) as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from error


def _show(what: str, done: int, of: int) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{what} {done}/{of}\x1b[K", nl=False, err=True)


def _end_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
