"""The PDF that an e-invoice carries, still packed in its XML: many programs put the printed invoice there."""

import binascii
from collections.abc import Iterator

from portal.imports.documents import FileRefused
from portal.imports.einvoices import cii, ubl
from portal.imports.einvoices.inside_pdf import starts_like_pdf
from portal.imports.einvoices.roots import family, unwrapped
from portal.imports.einvoices.signature import starts_like_signature, unwrap
from portal.imports.einvoices.totals import DOCUMENT
from portal.imports.einvoices.xml import Element, children, find, parse, text_at
from portal.imports.identifiers import clean

_HEAD = 16  # letters of base64 that are enough to know a PDF


def carries_pdf(invoice: Element) -> bool:
    """Whether a UBL or CII invoice, or a body of FatturaPA, carries a PDF; only its first bytes are unpacked."""
    return next(_packed(invoice), None) is not None


def pdf_in(content: bytes, number: str) -> bytes | None:
    """The first PDF that the invoice with this number carries, as its file has it; none where there is none."""
    try:
        root, _ = parse(unwrap(content) if starts_like_signature(content[:400]) else content)
    except FileRefused:
        return None
    for invoice in _invoices(unwrapped(root), number):
        packed = next(_packed(invoice), None)
        if packed is not None:
            return _unpacked(packed)
    return None


def _invoices(root: Element, number: str) -> Iterator[Element]:
    if family(root) in {"ubl", "cii"}:
        yield root
    for body in children(root, "FatturaElettronicaBody"):
        document = find(body, DOCUMENT)
        if document is not None and clean(text_at(document, "Numero"), 60) == number:
            yield body


def _packed(invoice: Element) -> Iterator[str]:
    """What is attached and begins like a PDF, in the file's order."""
    for one in _attachments(invoice):
        text = one.text or ""
        if starts_like_pdf(_unpacked("".join(text[: 4 * _HEAD].split())[:_HEAD]) or b""):
            yield text


def _attachments(invoice: Element) -> Iterator[Element]:
    kind = family(invoice)
    if kind in {"ubl", "cii"}:
        yield from ubl.attachments(invoice) if kind == "ubl" else cii.attachments(invoice)
        return
    for block in children(invoice, "Allegati"):
        packed = find(block, "Attachment")
        if packed is not None and not text_at(block, "AlgoritmoCompressione"):
            yield packed


def _unpacked(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError):  # letters that no base64 has, among them any that is not ASCII
        return None
