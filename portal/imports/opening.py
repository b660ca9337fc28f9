"""Opening what was brought in, invoices or statements: a file, or each file inside a ZIP, known by how it begins.

Which formats there are, and what is said of a file that is none of them, is the caller's (portal.imports.reading,
portal.bank_statements.reading).
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Generic, Protocol, TypeVar, cast

from portal.core.text import t
from portal.imports.archives import Archive, Member
from portal.imports.documents import FileRefused
from portal.imports.options import Findings, ReadOptions

LOCAL_HEADER = b"PK\x03\x04"  # what a ZIP begins with
_HEAD_BYTES = 64 * 1024  # what a format may look at to know its own
_IN_MEMORY = 8 * 1024**2
_MOST_UNPACKED = 512 * 1024**2  # of one file in a ZIP

ItemT = TypeVar("ItemT")


class FileReading(Generic[ItemT]):
    """One file being read. Iterate once for its items; a file that is no use gives one refusal.

    `format` is the code of its format, or None when the file is none of them. `member` is its place among the files
    of its ZIP (Archive.members), None for a file by itself.
    """

    def __init__(self, file: str, format_code: str | None, items: Iterator[ItemT], findings: Findings) -> None:
        self.file = file
        self.format = format_code
        self.findings = findings
        self.member: int | None = None
        self._items = items

    def __iter__(self) -> Iterator[ItemT]:
        try:
            yield from self._items
        except FileRefused as refused:
            yield cast(ItemT, refused.refusal)


class Format(Protocol):
    """What the formats of both kinds have in common."""

    CODE: str
    SUFFIXES: tuple[str, ...]

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether a file that begins like this is of this format."""


@dataclass(frozen=True, slots=True)
class Opener(Generic[ItemT]):
    """Reads files of these `formats`, the pickiest first. `items` reads one with the format that was found,
    `why_none` says what a file of none of them is, given its first bytes and its name in lower case."""

    formats: Callable[[], Sequence[Any]]
    items: Callable[[Any, BinaryIO, ReadOptions, Findings], Iterator[ItemT]]
    why_none: Callable[[bytes, str], FileRefused]

    def read_files(self, paths: Iterable[str | Path], options: ReadOptions) -> Iterator[FileReading[ItemT]]:
        """Every file of `paths`, in order; a ZIP gives one reading for each file in it, named `a.zip!b.xml`."""
        for path in paths:
            yield from self.read_file(path, options)

    def read_file(
        self, source: str | Path | BinaryIO, options: ReadOptions, name: str | None = None
    ) -> Iterator[FileReading[ItemT]]:
        """The readings of one file, given by its path or opened for binary reading (then say its `name`).

        Each must be read before the next is asked for. Raises OSError when the path cannot be opened.
        """
        with ExitStack() as stack:
            if isinstance(source, (str, Path)):
                shown = str(source) if name is None else name
                opened: BinaryIO = stack.enter_context(Path(source).open("rb"))
            else:
                shown = name or str(getattr(source, "name", "") or "upload")
                opened = _seekable(source, stack)
            head = opened.read(_HEAD_BYTES)
            found = self._format_of(head, shown)
            if found is None and head.startswith(LOCAL_HEADER):
                yield from self._members(opened, shown, options)
            else:
                yield self._reading(opened, head, shown, found, options)

    def _format_of(self, head: bytes, name: str) -> Format | None:
        return next((each for each in self.formats() if each.sniff(head, name.lower())), None)

    def _format_by_name(self, name: str) -> str | None:
        """What a file that could not be known claims to be."""
        return next((each.CODE for each in self.formats() if name.lower().endswith(each.SUFFIXES)), None)

    def _reading(
        self, source: BinaryIO, head: bytes, name: str, found: Format | None, options: ReadOptions
    ) -> FileReading[ItemT]:
        if found is None:
            return self._refused(name, self._format_by_name(name), self._why_none(head, name.lower()))
        findings = Findings()
        return FileReading(name, found.CODE, self.items(found, source, options, findings), findings)

    def _why_none(self, head: bytes, name: str) -> FileRefused:
        if not head.strip(b" \t\r\n\0"):
            return FileRefused("empty", t("There is nothing in this file."))
        return self.why_none(head, name)

    def _refused(self, name: str, format_code: str | None, refused: FileRefused) -> FileReading[ItemT]:
        return FileReading(name, format_code, iter([cast(ItemT, refused.refusal)]), Findings())

    def _members(self, source: BinaryIO, name: str, options: ReadOptions) -> Iterator[FileReading[ItemT]]:
        """One reading for each file in a ZIP; ZIPs inside are not opened."""
        try:
            archive = Archive(source)
        except FileRefused as refused:
            yield self._refused(name, None, refused)
            return
        members = archive.members()
        if not members:
            yield self._refused(name, None, FileRefused("empty", t("There is no file in this archive.")))
        for place, member in enumerate(members):
            for reading in self._member(archive, member, f"{name}!{member.name}", options):
                reading.member = place
                yield reading

    def _member(
        self, archive: Archive, member: Member, name: str, options: ReadOptions
    ) -> Iterator[FileReading[ItemT]]:
        try:
            unpacked = archive.unpack(member.info, _MOST_UNPACKED)
        except FileRefused as refused:
            yield self._refused(name, self._format_by_name(name), refused)
            return
        with unpacked:
            head = unpacked.read(_HEAD_BYTES)
            yield self._reading(unpacked, head, name, self._format_of(head, name), options)


def _seekable(source: BinaryIO, stack: ExitStack) -> BinaryIO:
    """Files are read twice: what cannot be rewound (a pipe) is copied first."""
    if source.seekable():
        source.seek(0)
        return source
    copied: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the stack closes it
    stack.enter_context(copied)
    shutil.copyfileobj(source, copied)
    copied.seek(0)
    return cast(BinaryIO, copied)
