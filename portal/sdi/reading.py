"""Files as they come from the SdI: XML, signed, in a ZIP, in a mail of certified post. Everything is a stranger's.

for found in read_files([("a.zip", path)]): ...     # Message | Refused, streamed; nothing raises
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import Message as Mail
from email.parser import BytesParser
from pathlib import Path

from portal.core.text import t
from portal.imports.archives import Archive
from portal.imports.documents import FileRefused
from portal.imports.einvoices.signature import starts_like_signature, unwrap
from portal.imports.einvoices.xml import starts_like_xml
from portal.imports.identifiers import clean
from portal.sdi import parsing
from portal.sdi.documents import Message, Refused

MOST_BYTES = 40 * 1024**2  # of one file: a mail carries the invoice beside the message
MOST_TOGETHER = 256 * 1024**2  # unpacked, of one file
MOST_PARTS = 20_000
_DEEPEST = 4  # an archive in a mail in an archive, and one more
_ZIP = b"PK\x03\x04"
_NOT_THIS = {"daticert.xml", "smime.p7s", "segnatura.xml"}  # what certified post puts beside it
_HEADERS = (b"received:", b"return-path:", b"from:", b"date:", b"message-id:", b"x-", b"delivered-to:", b"to:",
            b"mime-version:", b"content-type:", b"subject:", b"dkim-", b"reply-to:")  # fmt: skip


@dataclass(slots=True)
class _Left:
    """How much more of one file may be unpacked."""

    size: int = MOST_TOGETHER
    parts: int = MOST_PARTS

    def take(self, size: int) -> None:
        self.size -= size
        self.parts -= 1
        if self.size < 0 or self.parts < 0:
            raise FileRefused("too_large", t("Unpacked, this is far more than messages of the SdI. Split it."))


@dataclass(frozen=True, slots=True)
class Read:
    """One message with the file that it stands in, or why that could not be read."""

    file: str
    message: Message | None
    refused: Refused | None = field(default=None)


def read_files(files: Iterable[tuple[str, Path]]) -> Iterator[Read]:
    """Every message of these files (shown name, path), one file after the other."""
    for name, path in files:
        try:
            with path.open("rb") as opened:
                data = opened.read(MOST_BYTES + 1)
        except OSError:
            yield _refusal(name, FileRefused("unreadable", t("The file cannot be opened.")))
            continue
        yield from read(data, name)


def read(data: bytes, name: str) -> Iterator[Read]:
    """Every message in one file's bytes; `name` is for showing, and the message's own name."""
    if len(data) > MOST_BYTES:
        yield _refusal(name, FileRefused("too_large", t("The file is larger than 40 MB. Split it.")))
        return
    yield from _read(data, name, _Left(), 0)


def _refusal(name: str, error: FileRefused) -> Read:
    shown = clean(name, 300)
    return Read(shown, None, Refused(shown, error.refusal.message))


def _read(data: bytes, name: str, left: _Left, depth: int) -> Iterator[Read]:
    try:
        left.take(len(data))
        yield from _found(data, name, left, depth)
    except FileRefused as error:
        yield _refusal(name, error)


def _found(data: bytes, name: str, left: _Left, depth: int) -> Iterator[Read]:
    if depth > _DEEPEST:
        raise FileRefused("too_deep", t("This is wrapped more often than anybody wraps a message."))
    if data.startswith(_ZIP):
        yield from _archive(data, name, left, depth)
    elif not data.strip():
        raise FileRefused("empty", t("There is nothing in this file."))
    elif _is_mail(data, name):
        yield from _mail(data, name, left, depth)
    elif starts_like_xml(data[:200]):
        yield Read(clean(name, 300), parsing.read(data, name))
    elif starts_like_signature(data[:4096]):
        yield Read(clean(name, 300), parsing.read(unwrap(data), name))
    else:
        raise FileRefused("format_unknown", t("This is no message of the SdI: neither XML, P7M, ZIP nor a mail."))


def _archive(data: bytes, name: str, left: _Left, depth: int) -> Iterator[Read]:
    archive = Archive(io.BytesIO(data))
    members = archive.members()
    if not members:
        raise FileRefused("empty", t("There is nothing in this archive."))
    for member in members:
        shown = f"{name}!{member.name}"
        try:
            content = b"".join(archive.chunks(member.info, MOST_BYTES))
        except FileRefused as error:
            yield _refusal(shown, error)
            continue
        yield from _read(content, shown, left, depth + 1)


def _is_mail(data: bytes, name: str) -> bool:
    if starts_like_xml(data[:200]):
        return False
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")[:60].lower()
    if name.casefold().endswith((".eml", ".msg.eml")):
        return head.startswith(_HEADERS)
    return head.startswith(_HEADERS) and not name.casefold().endswith(".p7m")


def _mail(data: bytes, name: str, left: _Left, depth: int) -> Iterator[Read]:
    """The messages among a mail's attachments, however deep its envelopes; what else it carries is left alone."""
    try:
        parts = _attachments(data, left)
    except (RecursionError, ValueError, LookupError, AssertionError, AttributeError):
        raise FileRefused("mail_broken", t("The mail is damaged. Save it again from the mailbox.")) from None
    found, refused = 0, []
    for place, (attached, content) in enumerate(parts, start=1):
        shown = f"{name}!{attached or place}"
        for one in _read(content, shown, left, depth + 1) if _may_be(content, attached) else ():
            if one.message is not None:
                found += 1
                yield one
            elif _claims(content):
                refused.append(one)
    yield from refused
    if not found and not refused:
        raise FileRefused("no_message", t("There is no message of the SdI in this mail."))


def _attachments(data: bytes, left: _Left) -> list[tuple[str, bytes]]:
    """(name, content) of every leaf of the mail, of mails inside it too."""
    parsed = BytesParser(policy=policy.compat32).parsebytes(data)
    found = []
    for part in parsed.walk():
        if part.is_multipart():
            left.take(0)
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content:
            continue
        left.take(len(content))
        name = _name(part)
        if name.casefold() not in _NOT_THIS:
            found.append((name, content))
    return found


def _name(part: Mail) -> str:
    return clean(str(part.get_filename() or ""), 200)


def _may_be(content: bytes, name: str) -> bool:
    head = content[:4096]
    return (
        name.casefold().endswith(".eml")
        or head.startswith(_ZIP)
        or starts_like_xml(head)
        or starts_like_signature(head)
    )


def _claims(content: bytes) -> bool:
    """Whether an attachment that could not be read says it is a message, or an archive of such."""
    if content.startswith(_ZIP):
        return True
    if starts_like_xml(content[:200]):
        return any(name.encode() in content[:4096] for name in parsing.d.ROOTS)
    return False
