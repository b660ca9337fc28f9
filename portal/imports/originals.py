"""The e-invoices of an import kept as they came, for their debtor to download; one at a time in memory."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from portal.documents import store
from portal.imports.archives import Archive, Member
from portal.imports.documents import FileRefused
from portal.imports.einvoices.inside_pdf import starts_like_pdf

LARGEST = 10 * 1024**2  # bytes
LONGEST_NAME = 200  # of a path its end, where the file's own name stands: the SdI speaks of it (portal.sdi)


class Originals:
    """What one run has kept, each file once. An open archive is held for its next member; close it with `with`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, int | None], int | None] = {}
        self._open = ExitStack()
        self._opened: tuple[Path, Archive, list[Member]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def keep(self, path: Path, member: int | None, name: str) -> int | None:
        """The kept file's id; None for one over LARGEST. `member` is its place in the archive at `path`."""
        place = (path, member)
        if place not in self._kept:
            content = _read(path) if member is None else self._unpack(path, member)
            kept = None if content is None else store.keep(content, name[-LONGEST_NAME:], _media_type(content))
            self._kept[place] = kept.id if kept is not None else None
        return self._kept[place]

    def _unpack(self, path: Path, member: int) -> bytes | None:
        if self._opened is None or self._opened[0] != path:
            self._open.close()
            archive = Archive(self._open.enter_context(path.open("rb")))
            self._opened = (path, archive, archive.members())
        _, archive, members = self._opened
        try:
            return b"".join(archive.chunks(members[member].info, LARGEST))
        except FileRefused:
            return None


def _media_type(content: bytes) -> str:
    return "application/pdf" if starts_like_pdf(content) else "application/xml"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.stat().st_size <= LARGEST else None
