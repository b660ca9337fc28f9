"""The XML inside a Factur-X or ZUGFeRD PDF, taken out with care: nothing of the PDF is shown, run or followed.

What is attached is found in the catalogue alone; how many files, how large, and how much comes out are bounded.
"""

import io
import logging
import zlib
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from portal.core.text import t
from portal.imports.documents import FileRefused
from portal.imports.einvoices import xml
from portal.imports.einvoices.roots import begins_cii, begins_ubl

MOST_BYTES = 10 * 1024**2  # as much as is kept of an original
_MOST_ATTACHED = 50
_MOST_NODES = 200  # of the tree that the attachments' names stand in
_MOST_TOGETHER = 2 * xml.MOST_BYTES  # unpacked, over all attachments
_HEAD = 64 * 1024

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong with a stranger's file is nobody's log


def starts_like_pdf(head: bytes) -> bool:
    return head.startswith(b"%PDF")


def invoice_in(content: bytes) -> bytes:
    """The one invoice among what is attached; failing that, the XML that is no invoice, to be called by its name.

    Raises FileRefused where the PDF cannot be read, is locked, carries too much, or carries no XML.
    """
    if len(content) > MOST_BYTES:
        raise FileRefused("too_large", t("The PDF is larger than 10 MB. Send the XML of the invoice."))
    try:
        found = _attached(content)
    except FileRefused:
        raise
    except Exception as error:  # a parser of strangers' files fails in more ways than it names
        raise FileRefused(
            "format_unknown", t("The PDF is damaged. Export the invoice again, or send its XML.")
        ) from error
    invoices = [one for one in dict.fromkeys(found) if begins_cii(one[:_HEAD]) or begins_ubl(one[:_HEAD])]
    if len(invoices) > 1:
        text = t("The PDF carries %(count)s invoices. Send each of them by itself.", count=len(invoices))
        raise FileRefused("pdf_several", text)
    if not found:
        text = t("This is a PDF without an invoice that a machine can read. Send the XML or P7M, or a Factur-X PDF.")
        raise FileRefused("format_unknown", text)
    return (invoices or found)[0]


def _attached(content: bytes) -> list[bytes]:
    """Every XML that is attached, unpacked; each once, whichever way it is named."""
    reader = PdfReader(
        io.BytesIO(content), strict=False, root_object_recovery_limit=1000, xref_stream_maximum_entries=200_000
    )
    if reader.is_encrypted:
        text = t("The PDF is protected with a password. Unlock it, or send the XML of the invoice.")
        raise FileRefused("pdf_locked", text)
    catalogue: Any = reader.trailer["/Root"]
    found: list[bytes] = []
    seen: set[int] = set()
    together = 0
    for specification in [*_listed(_resolved(catalogue.get("/AF"))), *_named(catalogue)]:
        stream = _stream_of(specification)
        if stream is None or id(stream) in seen:
            continue
        seen.add(id(stream))
        if len(seen) > _MOST_ATTACHED:
            raise _too_much()
        if xml.starts_like_xml(_unpacked(stream, 512)[:512]):
            unpacked = _unpacked(stream, xml.MOST_BYTES)
            together += len(unpacked)
            if len(unpacked) > xml.MOST_BYTES or together > _MOST_TOGETHER:
                raise _too_much()
            found.append(unpacked)
    return found


def _too_much() -> FileRefused:
    return FileRefused(
        "pdf_too_much", t("The PDF carries far more than an invoice does. Send the XML of the invoice.")
    )


def _resolved(one: Any) -> Any:
    return one.get_object() if one is not None else None


def _listed(one: Any) -> list[Any]:
    if not isinstance(one, ArrayObject):
        return []
    if len(one) > 2 * _MOST_ATTACHED:
        raise _too_much()
    return [_resolved(each) for each in one]


def _named(catalogue: DictionaryObject) -> Iterator[Any]:
    """The file specifications in the tree of names, which may be deep, wide, or bite its own tail."""
    names = _resolved(catalogue.get("/Names"))
    waiting = [_resolved(names.get("/EmbeddedFiles"))] if isinstance(names, DictionaryObject) else []
    nodes = 0
    while waiting:
        node = waiting.pop()
        nodes += 1
        if nodes > _MOST_NODES:
            raise _too_much()
        if isinstance(node, DictionaryObject):
            yield from _listed(_resolved(node.get("/Names")))[1::2]
            waiting += _listed(_resolved(node.get("/Kids")))


def _stream_of(specification: Any) -> StreamObject | None:
    files = _resolved(specification.get("/EF")) if isinstance(specification, DictionaryObject) else None
    if not isinstance(files, DictionaryObject):
        return None
    stream = _resolved(files.get("/UF") or files.get("/F"))
    return stream if isinstance(stream, StreamObject) else None


def _unpacked(stream: StreamObject, most: int) -> bytes:
    """What the stream holds, up to a little more than `most` bytes; only deflated or plain ones are opened."""
    filters = _resolved(stream.get("/Filter"))
    names = [str(each) for each in _listed(filters)] if isinstance(filters, ArrayObject) else [str(filters or "")]
    data: bytes = stream._data
    if names in (["/FlateDecode"], ["/Fl"]) and stream.get("/DecodeParms") is None:
        return zlib.decompressobj().decompress(data, most + 1)
    return data[: most + 1] if names in ([""], []) else b""
