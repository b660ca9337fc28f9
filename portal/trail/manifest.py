"""What a backup says of itself: versions, counts, each piece with its size and SHA-256, the ends of the chains."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

NAME = "manifest.json"
FORMAT = 1
AT_ONCE_BYTES = 1024 * 1024

# Told how far it is: what, how much is done, of how much.
Progress = Callable[[str, int, int], None]


class NoBackup(Exception):
    """This cannot be backed up, or is no backup that can be restored here; the message says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the backup; `path` is relative to it, with slashes."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it was copied: its columns in the order of the copy, and how many rows."""

    name: str
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Chain:
    """The end of one creditor's chain."""

    creditor: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was copied of the database in one consistent look."""

    engine: str  # sqlite or postgresql
    server: str  # its version
    method: str  # sqlite, copy or pg_dump
    revision: str  # of the tables
    tables: tuple[Table, ...]
    chains: tuple[Chain, ...]

    @property
    def contents(self) -> tuple[str, dict[str, tuple[frozenset[str], int]], frozenset[Chain]]:
        """What must be the same when it is put back: the revision, each table's columns and rows, the chains."""
        tables = {one.name: (frozenset(one.columns), one.rows) for one in self.tables}
        return self.revision, tables, frozenset(self.chains)


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file that a row of the snapshot names: whose it is and its SHA-256."""

    creditor_id: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    made_at: str
    portal: str  # the version that made it
    snapshot: Snapshot
    pieces: tuple[Piece, ...]

    def write(self, folder: Path) -> None:
        """With a checksum over itself; the last file to be written."""
        values = {"format": FORMAT, **asdict(self)}
        path = folder / NAME
        with path.open("x") as file:
            json.dump({**values, "sha256": _checksum(values)}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of the backup in `folder`; raises NoBackup when it is missing, damaged or of another format."""
    try:
        values: dict[str, Any] = json.loads((folder / NAME).read_text())
    except (OSError, ValueError) as error:
        raise NoBackup(f"{folder} is no finished backup: it has no readable manifest") from error
    if not isinstance(values, dict) or values.pop("sha256", None) != _checksum(values):
        raise NoBackup(f"this backup is damaged: {NAME} is not what it was")
    if values.get("format") != FORMAT:
        raise NoBackup(f"this backup has format {values.get('format')}, which this portal does not read")
    snapshot = values["snapshot"]
    return Manifest(
        values["made_at"],
        values["portal"],
        Snapshot(
            **{
                **snapshot,
                "tables": tuple(Table(one["name"], tuple(one["columns"]), one["rows"]) for one in snapshot["tables"]),
                "chains": tuple(Chain(**one) for one in snapshot["chains"]),
            }
        ),
        tuple(Piece(**one) for one in values["pieces"]),
    )


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def placed(folder: Path, piece: Piece) -> Path:
    """Where a piece lies; raises NoBackup for a path that leads out of the backup."""
    path = PurePosixPath(piece.path)
    if path.is_absolute() or ".." in path.parts:
        raise NoBackup(f"this backup names a file outside of it: {piece.path}")
    return folder.joinpath(*path.parts)


def copied(source: Path, target: Path) -> tuple[int, str]:
    """Copies a file, down to the disk; answers its size and SHA-256. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(AT_ONCE_BYTES):
            digest.update(chunk)
            size += len(chunk)
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    return size, digest.hexdigest()


def piece_of(folder: Path, path: Path) -> Piece:
    """The piece that stands finished at `path` in `folder`."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as reading:
        while chunk := reading.read(AT_ONCE_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return Piece(path.relative_to(folder).as_posix(), size, digest.hexdigest())


def check(folder: Path, found: Manifest, progress: Progress) -> None:
    """Every piece is there and what it was; raises NoBackup naming the first that is not."""
    for number, piece in enumerate(found.pieces, start=1):
        path = placed(folder, piece)
        if path.is_symlink() or not path.is_file():
            raise NoBackup(f"this backup is incomplete: {piece.path} is missing")
        if piece_of(folder, path) != piece:
            raise NoBackup(f"this backup is damaged: {piece.path} is not what it was")
        progress("checked", number, len(found.pieces))
