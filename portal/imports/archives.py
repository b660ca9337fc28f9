"""ZIP files opened with care: how many members, how large, how tightly packed, all bounded and really counted.

Sizes that an archive states about itself are never believed: bytes are counted while they come out.
"""

import copy
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from portal.core.text import t
from portal.imports.documents import FileRefused

MOST_MEMBERS = 5_000
MOST_TOGETHER = 1024**3  # unpacked, over all members
_MOST_DIRECTORY = 4 * 1024**2
_LIKELY_RATIO = 300  # invoices pack ten to fifty times
_RATIO_FROM = 16 * 1024**2
_CHUNK = 1 << 18
_IN_MEMORY = 8 * 1024**2
_END = struct.Struct("<4s4H2LH")
_METADATA = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    struct.error,
    ValueError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive; `name` is for showing only, nothing is ever written under it."""

    name: str
    info: zipfile.ZipInfo


class Archive:
    """An open ZIP. Raises FileRefused when it is damaged or has more members than anybody sends."""

    def __init__(self, source: BinaryIO) -> None:
        _check_directory(source)
        try:
            self._zip = zipfile.ZipFile(source)
            self.infos = self._zip.infolist()
        except _BROKEN:
            raise _damaged() from None
        if len(self.infos) > MOST_MEMBERS:
            raise FileRefused(
                "zip_too_many", t("The archive has more than %(most)s files. Split it.", most=MOST_MEMBERS)
            )
        self._unpacked = 0

    def members(self) -> list[Member]:
        """The files a person put in: no folders, nothing that macOS and Windows add by themselves."""
        return [
            Member(_shown(info.filename), info)
            for info in self.infos
            if not info.is_dir() and not _is_metadata(info.filename)
        ]

    def chunks(self, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
        """The member's bytes, piece by piece. Raises FileRefused past `most`, past any likely ratio, or broken."""
        if info.flag_bits & 1:
            raise FileRefused("zip_encrypted", t("The file is protected with a password. Unlock it first."))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise FileRefused("zip_link", t("This is a link to another file, not a file."))
        counted = copy.copy(info)
        counted.file_size = most + 2 * _CHUNK  # read on to the true end, or past `most`, whatever the archive says
        size = 0
        try:
            with self._zip.open(counted) as member:
                while chunk := member.read(_CHUNK):
                    size += len(chunk)
                    self._unpacked += len(chunk)
                    too_tight = size > _RATIO_FROM and size > _LIKELY_RATIO * max(info.compress_size, 1)
                    if size > most or too_tight or self._unpacked > MOST_TOGETHER:
                        raise FileRefused("zip_too_large", t("Unpacked, this file is too large to be invoices."))
                    yield chunk
        except _BROKEN:
            raise _damaged() from None

    def head(self, info: zipfile.ZipInfo, size: int, most: int) -> bytes:
        """The first bytes of a member, to know what it is."""
        found = b""
        for chunk in self.chunks(info, most):
            found += chunk
            if len(found) >= size:
                break
        return found[:size]

    def unpack(self, info: zipfile.ZipInfo, most: int) -> BinaryIO:
        """The whole member as a file, in memory while it is small."""
        unpacked: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
        try:
            for chunk in self.chunks(info, most):
                unpacked.write(chunk)
        except FileRefused:
            unpacked.close()
            raise
        unpacked.seek(0)
        return cast(BinaryIO, unpacked)


def _check_directory(source: BinaryIO) -> None:
    """The list of members is read at once by the library: it must not itself be a bomb."""
    size = source.seek(0, 2)
    source.seek(max(0, size - _END.size - 0xFFFF))
    tail = source.read()
    at = tail.rfind(b"PK\x05\x06")
    source.seek(0)
    if at < 0 or len(tail) - at < _END.size:
        raise _damaged()
    *_, directory_size, _offset, _comment = _END.unpack_from(tail, at)
    if directory_size > _MOST_DIRECTORY:
        raise FileRefused("zip_too_many", t("The archive has more than %(most)s files. Split it.", most=MOST_MEMBERS))


def _damaged() -> FileRefused:
    return FileRefused("zip_damaged", t("The archive is damaged or incomplete. Make it again."))


def _is_metadata(name: str) -> bool:
    parts = [part.casefold() for part in PurePosixPath(name.replace("\\", "/")).parts]
    return any(part in _METADATA for part in parts) or bool(parts and parts[-1].startswith("._"))


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in name)[:255]
