"""Factur-X and ZUGFeRD 2: a PDF for people with the same invoice as XML attached, which is what is read."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from pypdf import PdfWriter

from portal.core.text import t
from portal.imports.documents import Document, Item
from portal.imports.einvoices.families import read_xml
from portal.imports.einvoices.inside_pdf import MOST_BYTES, invoice_in, starts_like_pdf
from portal.imports.formats import cii
from portal.imports.options import Findings, ReadOptions

CODE = "facturx"
LABEL = t("Factur-X, ZUGFeRD (PDF)")
RANK = 12
SUFFIXES = (".pdf",)


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001 - the name is only a hint
    """Any PDF, so that one without an invoice is told what it lacks."""
    return starts_like_pdf(head)


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    source.seek(0)
    for item in read_xml(invoice_in(source.read(MOST_BYTES + 1)), options, findings):
        yield replace(item, pdf="around") if isinstance(item, Document) else item


def example() -> bytes:
    """The CII example attached to an empty page: it shows the wrapping, not how an invoice should look."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_attachment("factur-x.xml", cii.example())
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
