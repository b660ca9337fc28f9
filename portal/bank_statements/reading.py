"""Files of statements read one after the other: what each one is, its statements and movements as they come.

for reading in read_files(paths, options):      # one for each file, or for each file inside a ZIP
    for item in reading:                        # Statement, then its Movements, Refusals and Notices, streamed
        ...
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, BinaryIO, cast

from portal.bank_statements.documents import FileRefused, Item
from portal.bank_statements.formats import HEAD_BYTES, Format, all_formats
from portal.core.text import t
from portal.imports.archives import Archive, Member
from portal.imports.options import Findings, ReadOptions

_IN_MEMORY = 8 * 1024**2
_MOST_UNPACKED = 512 * 1024**2  # of one file in a ZIP
_LOCAL_HEADER = b"PK\x03\x04"


class FileReading:
    """One file being read. Iterate once; a file that is no use gives one refusal.

    `format` is camt, mt940, csv or xlsx, or None when the file is none of them.
    """

    def __init__(self, file: str, format_code: str | None, items: Iterator[Item], findings: Findings) -> None:
        self.file, self.format, self.findings = file, format_code, findings
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
            shown, opened = name or "upload", source
        if not opened.seekable():  # files are read twice: what cannot be rewound (a pipe) is copied first
            copied: IO[bytes] = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
            shutil.copyfileobj(opened, copied)
            opened = cast(BinaryIO, copied)
        opened.seek(0)
        head = opened.read(HEAD_BYTES)
        found = _format_of(head, shown)
        if found is None and head.startswith(_LOCAL_HEADER):
            yield from _members(opened, shown, options)
        else:
            yield _reading(opened, head, shown, found, options)


def _format_of(head: bytes, name: str) -> Format | None:
    return next((each for each in all_formats() if each.sniff(head, name.lower())), None)


def _reading(source: BinaryIO, head: bytes, name: str, found: Format | None, options: ReadOptions) -> FileReading:
    findings = Findings()
    if found is None:
        return FileReading(name, _format_by_name(name), _refused(_why_none(head)), findings)
    return FileReading(name, found.CODE, found.read(source, options, findings), findings)


def _format_by_name(name: str) -> str | None:
    """What a file that could not be known claims to be."""
    return next((each.CODE for each in all_formats() if name.lower().endswith(each.SUFFIXES)), None)


def _refused(refused: FileRefused) -> Iterator[Item]:
    yield refused.refusal


def _why_none(head: bytes) -> FileRefused:
    if not head.strip(b" \t\r\n\0"):
        return FileRefused("empty", t("There is nothing in this file."))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        text = t("This is an old Excel workbook (.xls), or one with a password. Save it as .xlsx without a password.")
        return FileRefused("format_unknown", text)
    if head.startswith(b"%PDF"):
        return FileRefused(
            "format_unknown", t("This is a PDF. Ask the bank for the statement as CAMT, MT940 or CSV.")
        )
    if head.startswith(_LOCAL_HEADER):
        return FileRefused("zip_nested", t("This is an archive inside an archive. Unpack it and send its files."))
    return FileRefused("format_unknown", t("This is none of CAMT (XML), MT940, CSV, XLSX, or a ZIP of them."))


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
    for member in members:
        yield from _member(archive, member, f"{name}!{member.name}", options)


def _member(archive: Archive, member: Member, name: str, options: ReadOptions) -> Iterator[FileReading]:
    try:
        unpacked = archive.unpack(member.info, _MOST_UNPACKED)
    except FileRefused as refused:
        yield FileReading(name, _format_by_name(name), _refused(refused), Findings())
        return
    with unpacked:
        head = unpacked.read(HEAD_BYTES)
        yield _reading(unpacked, head, name, _format_of(head, name), options)
