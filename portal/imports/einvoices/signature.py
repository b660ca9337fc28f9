"""The invoice inside a `.p7m`: CAdES in DER or BER, streamed or not, in base64, PEM or S/MIME, signed once or more.

The signature itself is not checked: SdI has done that, and the creditor imports its own files. Octet strings are
walked here, because asn1crypto refuses definite-length pieces and joins streamed ones in quadratic time.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from asn1crypto import core, pem

from portal.core.text import t
from portal.imports.documents import FileRefused
from portal.imports.einvoices.xml import starts_like_xml

MOST_BYTES = 18 * 1024**2  # 12 MB of XML in base64, and the certificates
_MOST_LAYERS = 8
_DEEPEST = 12
_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = 0x30, 0x04, 0x24, 0xA0
_SIGNED, _ENVELOPED = "1.2.840.113549.1.7.2", {"1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23"}
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_BLANKS = re.compile(rb"[\s\0]+")
_MIME_END = re.compile(rb"\r?\n\r?\n")


class _Malformed(ValueError):
    """The bytes are no ASN.1 in any encoding that signatures use."""


def starts_like_signature(head: bytes) -> bool:
    """Whether signed data begins here: ASN.1 with the signed-data name in it, PEM, S/MIME, or base64 of such."""
    if head[:1] == b"\x30":
        return bytes.fromhex("06092a864886f70d0107") in head[:64]
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"-----BEGIN") or _is_mime(text):
        return True
    start = _BLANKS.sub(b"", text[:400])[:120]
    start = start[: len(start) // 4 * 4]
    if len(start) < 24 or not _BASE64.fullmatch(start):
        return False
    decoded = base64.b64decode(start)
    return starts_like_signature(decoded) or starts_like_xml(decoded)


def unwrap(data: bytes) -> bytes:
    """The XML inside, as many layers down as it takes. Raises FileRefused."""
    for _ in range(_MOST_LAYERS):
        if not data.strip(b" \t\r\n\0"):
            raise FileRefused("empty", t("There is nothing in this file."))
        if data[:1] == bytes([_SEQUENCE]):
            data = _signed_content(data)
        elif starts_like_xml(data):
            return data
        else:
            data = _unarmoured(data)
    raise FileRefused("p7m_too_deep", t("The invoice is wrapped in more signatures than anybody makes."))


def _is_mime(text: bytes) -> bool:
    return text[:200].lower().startswith((b"mime-version:", b"content-type:", b"content-disposition:"))


def _unarmoured(data: bytes) -> bytes:
    """Bytes out of PEM, S/MIME or plain base64. Raises FileRefused when it is none of them."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        if text.startswith(b"-----BEGIN"):
            return bytes(pem.unarmor(text)[2])
        if _is_mime(text):
            text = _MIME_END.split(text, maxsplit=1)[1]
        compact = _BLANKS.sub(b"", text)
        if _BASE64.fullmatch(compact):
            return base64.b64decode(compact, validate=True)
    except (ValueError, binascii.Error, IndexError):
        pass
    raise FileRefused(
        "p7m_broken", t("This is no signed invoice, or a damaged one. Download it again, or use the XML.")
    )


def _signed_content(data: bytes) -> bytes:
    try:
        content = _encapsulated(data)
    except (_Malformed, StopIteration):
        raise FileRefused(
            "p7m_broken", t("The signed file is damaged or incomplete. Download it again, or use the XML.")
        ) from None
    if content is None:
        text = t("The file holds only a signature, not the invoice. Use the XML or the signed file with its content.")
        raise FileRefused("p7m_detached", text)
    return content


def _encapsulated(data: bytes) -> bytes | None:
    """ContentInfo → SignedData → encapContentInfo → eContent (RFC 5652 §5); None when it is not enclosed."""
    outer = _items(data, *_header(data, 0)[1:])
    kind = _object_identifier(data, next(outer))
    if kind in _ENVELOPED:
        raise FileRefused("p7m_encrypted", t("The file is encrypted. Decrypt it, or use the XML."))
    if kind != _SIGNED:
        raise _Malformed(kind)
    explicit = next(outer)
    signed = next(_items(data, *explicit[1:3]))
    parts = _items(data, *signed[1:3])
    next(parts), next(parts)  # version, digest algorithms
    enclosed = _items(data, *next(parts)[1:3])
    _object_identifier(data, next(enclosed))
    content = next(enclosed, None)
    if content is None:
        return None
    if content[0] != _EXPLICIT:
        raise _Malformed("content")
    pieces: list[bytes] = []
    _collect(data, next(_items(data, *content[1:3])), pieces, 0)
    return b"".join(pieces)


_Item = tuple[int, int, int | None, int]  # tag, start of contents, their length (None: open-ended), start of the next


def _header(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, start and length of the element at `at`."""
    if at + 2 > len(data):
        raise _Malformed("end of data")
    tag, length, at = data[at], data[at + 1], at + 2
    if tag & 31 == 31:
        raise _Malformed("long tag")
    if length == 0x80:
        return tag, at, None
    if length > 0x80:
        count = length & 0x7F
        if count > 5 or at + count > len(data):
            raise _Malformed("length")
        length, at = int.from_bytes(data[at : at + count], "big"), at + count
    if at + length > len(data):
        raise _Malformed("end of data")
    return tag, at, length


def _items(data: bytes, start: int, length: int | None, depth: int = 0) -> Iterator[_Item]:
    """The elements inside an element; an open-ended one goes on to its two zero bytes."""
    at = start
    while length is None or at < start + length:
        if length is None and data[at : at + 2] == b"\0\0":
            return
        tag, inner, size = _header(data, at)
        at = inner + size if size is not None else _end_of(data, inner, depth)
        yield tag, inner, size, at


def _end_of(data: bytes, start: int, depth: int) -> int:
    """Where an open-ended element ends, its two zero bytes included."""
    if depth > _DEEPEST:
        raise _Malformed("too deep")
    at = start
    for item in _items(data, start, None, depth + 1):
        at = item[3]
    return at + 2


def _collect(data: bytes, item: _Item, pieces: list[bytes], depth: int) -> None:
    tag, start, length, _ = item
    if tag == _OCTETS and length is not None:
        pieces.append(data[start : start + length])
    elif tag == _OCTETS_IN_PIECES and depth < _DEEPEST:
        for piece in _items(data, start, length):
            _collect(data, piece, pieces, depth + 1)
    else:
        raise _Malformed("octets")


def _object_identifier(data: bytes, item: _Item) -> str:
    if item[0] != 0x06 or item[2] is None or item[2] > 32:
        raise _Malformed("object identifier")
    return str(core.ObjectIdentifier(contents=data[item[1] : item[1] + item[2]]).dotted)
