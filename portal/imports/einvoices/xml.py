"""XML from strangers, parsed without entities, network or surprises; elements found by local name, told by path."""

import re
from collections.abc import Iterator
from uuid import uuid4

from lxml import etree

from portal.core.text import t
from portal.imports.documents import WHOLE_FILE, FileRefused, Where

MOST_BYTES = 12 * 1024**2  # SdI takes 5 MB a file
_MOST_TAGS = 800_000
_MOST_ATTRIBUTES = 200_000
_DECLARED = re.compile(rb"^<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENCODINGS = frozenset({
    "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "iso8859-1",
    "iso-8859-15", "latin1", "latin-1", "windows-1252", "cp1252", "cp-1252", "windows1252",
})  # fmt: skip
_BEFORE_ROOT = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
_UTF16 = (b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0", b"\0<")
_NTH = f"{{urn:uuid:{uuid4()}}}nth"  # a name that no file can have

Element = etree._Element


def starts_like_xml(head: bytes) -> bool:
    """Whether, after a byte order mark and blanks, a tag begins."""
    return trim(head).startswith((b"<", *_UTF16))


def trim(data: bytes) -> bytes:
    """Without the byte order mark and the blanks that some programs put before the declaration."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf")


def root_name(head: bytes) -> str:
    """The local name of the first element of what begins like this; empty where none begins."""
    found = _BEFORE_ROOT.match(trim(head.replace(b"\0", b"").lstrip(b"\xff\xfe")))
    return found[1].decode("ascii", "replace") if found else ""


def parse(data: bytes) -> tuple[Element, bool]:
    """The root element, and whether Windows-1252 had to be assumed. Raises FileRefused."""
    data = trim(data)
    if not data.startswith(_UTF16):
        data = data.rstrip(b" \t\r\n\0\x1a")
    _check(data)
    try:
        return _tree(data), False
    except etree.XMLSyntaxError as error:
        if _is_utf8(data) or data.startswith(_UTF16):
            raise _broken(error) from None
    declaration = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    try:
        again = data[declaration:].decode("cp1252").encode()
        return _tree(again), True
    except UnicodeDecodeError:
        raise FileRefused(
            "encoding_unknown", t("The file is neither UTF-8 nor Windows-1252. Export it again.")
        ) from None
    except etree.XMLSyntaxError as error:
        raise _broken(error) from None


def _check(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise FileRefused("too_large", t("The file is larger than 12 MB; an electronic invoice has at most 5."))
    plain = data.replace(b"\0", b"")  # UTF-16 hides nothing
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise _has_dtd()
    if plain.count(b"<") > _MOST_TAGS or plain.count(b'="') + plain.count(b"='") > _MOST_ATTRIBUTES:
        raise FileRefused("too_large", t("The file has far more elements than an invoice has."))
    declared = _DECLARED.match(plain)
    if declared and declared[1].decode().lower() not in _ENCODINGS:
        text = t(
            "The file says it is written in %(encoding)s, which invoices are not.", encoding=declared[1].decode()
        )
        raise FileRefused("encoding_unknown", text)


def _has_dtd() -> FileRefused:
    text = t("The file defines a document type or entities, which an invoice never needs: it was not opened.")
    return FileRefused("xml_dtd", text)


def _tree(data: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise _has_dtd()
    return root


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _broken(error: etree.XMLSyntaxError) -> FileRefused:
    line = error.lineno or 0
    text = t("The XML is broken or incomplete at line %(line)s. Export the invoice again.", line=line)
    return FileRefused("xml_broken", text, Where(line=line) if line else WHOLE_FILE)


def local_name(element: Element) -> str:
    """The name without namespace: 1.0, 1.1 and 1.2 differ in it and in nothing else that matters here."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    for child in element:
        if local_name(child) == name:
            yield child


def find(element: Element, path: str) -> Element | None:
    """The first element at `A/B/C` below `element`."""
    found: Element | None = element
    for name in path.split("/"):
        found = next(children(found, name), None) if found is not None else None
    return found


def text_at(element: Element, path: str) -> str:
    """The text there in one line, or nothing."""
    found = find(element, path)
    return " ".join((found.text or "").split()) if found is not None else ""


def path_of(element: Element, below: str = "") -> str:
    """`/FatturaElettronica/FatturaElettronicaBody[2]/DatiGenerali`, and `below` it; a number only among several."""
    steps: list[str] = []
    at: Element | None = element
    while at is not None:
        steps.append(local_name(at) + _nth(at))
        at = at.getparent()
    return "/" + "/".join([*reversed(steps), *filter(None, [below])])


def _nth(element: Element) -> str:
    """`[2]` for the second of several twins. All children are marked at once: asking for each stays linear."""
    parent = element.getparent()
    if parent is None:
        return ""
    if element.get(_NTH) is None:
        counts: dict[str, int] = {}
        for child in parent:
            name = local_name(child)
            counts[name] = counts.get(name, 0) + 1
            child.set(_NTH, f"[{counts[name]}]")
        for child in parent:
            if counts[local_name(child)] == 1:
                child.set(_NTH, "")
    return element.get(_NTH) or ""
