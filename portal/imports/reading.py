"""Files of invoices read one after the other: what each one is, its documents and refusals as they come.

for reading in read_files(paths, options):      # one for each file, or for each file inside a ZIP
    for item in reading:                        # Document | Refusal, streamed
        ...
    reading.findings.notes                      # complete after the last item
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, cast

from portal.core.text import Text, t
from portal.imports.archives import Archive, Member
from portal.imports.documents import FileRefused, Item
from portal.imports.formats import HEAD_BYTES, Format, all_formats
from portal.imports.options import Findings, Layout, ReadOptions

__all__ = ["FileReading", "Findings", "Layout", "ReadOptions", "read_file", "read_files"]

_IN_MEMORY = 8 * 1024**2
_MOST_UNPACKED = 512 * 1024**2  # of one file in a ZIP
_LOCAL_HEADER = b"PK\x03\x04"

_UNKNOWN = ("format_unknown", t("This is none of CSV, XLSX, FatturaPA (XML or P7M), or a ZIP of them."))
_INSTEAD: dict[bytes, tuple[str, Text]] = {
    b"\xd0\xcf\x11\xe0": (
        "format_unknown",
        t("This is an old Excel workbook (.xls), or one with a password. Save it as .xlsx without a password."),
    ),
    b"%PDF": ("format_unknown", t("This is a PDF. Send the XML or the signed P7M of the invoice.")),
    _LOCAL_HEADER: ("zip_nested", t("This is an archive inside an archive. Unpack it and send its files.")),
}
_NOT_WHAT_IT_SAYS: dict[str, tuple[str, Text]] = {
    ".p7m": (
        "p7m_broken",
        t("Its name ends in .p7m, but nothing in it is signed. Download it again, or use the XML."),
    ),
    ".xml": (
        "xml_broken",
        t("Its name ends in .xml, but it is no XML. Export the invoice again, or name a table .csv."),
    ),
}


class FileReading:
    """One file being read. Iterate once for its documents and refusals; a file that is no use gives one refusal.

    `format` is csv, xlsx, fatturapa or fatturapa-p7m, or None when the file is none of them.
    `member` is its place among the files of its ZIP (Archive.members), None for a file by itself.
    """

    def __init__(self, file: str, format_code: str | None, items: Iterator[Item], findings: Findings) -> None:
        self.file = file
        self.format = format_code
        self.findings = findings
        self.member: int | None = None
        self._items = items

    def __iter__(self) -> Iterator[Item]:
        try:
            yield from self._items
        except FileRefused as refused:
            yield refused.refusal


def read_files(paths: Iterable[str | Path], options: ReadOptions) -> Iterator[FileReading]:
    """Every file of `paths`, in order; a ZIP gives one reading for each file in it, named `a.zip!b.xml`."""
    for path in paths:
        yield from read_file(path, options)


def read_file(source: str | Path | BinaryIO, options: ReadOptions, name: str | None = None) -> Iterator[FileReading]:
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
        head = opened.read(HEAD_BYTES)
        found = _format_of(head, shown)
        if found is None and head.startswith(_LOCAL_HEADER):
            yield from _members(opened, shown, options)
        else:
            yield _reading(opened, head, shown, found, options)


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


def _format_of(head: bytes, name: str) -> Format | None:
    return next((each for each in all_formats() if each.sniff(head, name.lower())), None)


def _reading(source: BinaryIO, head: bytes, name: str, found: Format | None, options: ReadOptions) -> FileReading:
    findings = Findings()
    if found is None:
        return FileReading(name, _format_by_name(name), _refused(_why_none(head, name.lower())), findings)
    return FileReading(name, found.CODE, found.rows(source, options, findings), findings)


def _format_by_name(name: str) -> str | None:
    """What a file that could not be known claims to be."""
    return next((each.CODE for each in all_formats() if name.lower().endswith(each.SUFFIXES)), None)


def _refused(refused: FileRefused) -> Iterator[Item]:
    yield refused.refusal


def _why_none(head: bytes, name: str) -> FileRefused:
    """What the file is instead, by its first bytes; else what its name says and it is not."""
    if not head.strip(b" \t\r\n\0"):
        return FileRefused("empty", t("There is nothing in this file."))
    by_head = (why for start, why in _INSTEAD.items() if head.startswith(start))
    by_name = (why for suffix, why in _NOT_WHAT_IT_SAYS.items() if name.endswith(suffix))
    return FileRefused(*next(chain(by_head, by_name, [_UNKNOWN])))


def _members(source: BinaryIO, name: str, options: ReadOptions) -> Iterator[FileReading]:
    """One reading for each file in a ZIP; ZIPs inside are not opened."""
    try:
        archive = Archive(source)
    except FileRefused as refused:
        yield FileReading(name, None, _refused(refused), Findings())
        return
    members = archive.members()
    if not members:
        nothing = FileRefused("empty", t("There is no file in this archive."))
        yield FileReading(name, None, _refused(nothing), Findings())
    for place, member in enumerate(members):
        for reading in _member(archive, member, f"{name}!{member.name}", options):
            reading.member = place
            yield reading


def _member(archive: Archive, member: Member, name: str, options: ReadOptions) -> Iterator[FileReading]:
    try:
        unpacked = archive.unpack(member.info, _MOST_UNPACKED)
    except FileRefused as refused:
        yield FileReading(name, _format_by_name(name), _refused(refused), Findings())
        return
    with unpacked:
        head = unpacked.read(HEAD_BYTES)
        yield _reading(unpacked, head, name, _format_of(head, name), options)
