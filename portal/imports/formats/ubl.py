"""UBL 2 invoices and credit notes: plain, Peppol BIS 3, XRechnung, in Peppol's envelope or alone."""

from collections.abc import Iterator
from importlib import resources
from typing import BinaryIO

from portal.core.text import t
from portal.imports.documents import Item
from portal.imports.einvoices.families import read_xml
from portal.imports.einvoices.roots import begins_ubl
from portal.imports.einvoices.xml import MOST_BYTES
from portal.imports.options import Findings, ReadOptions

CODE = "ubl"
LABEL = t("UBL (Peppol, XRechnung)")
RANK = 15
SUFFIXES = (".ubl.xml",)


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001 - the name is only a hint
    """By the root element and its namespace."""
    return begins_ubl(head)


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    source.seek(0)
    yield from read_xml(source.read(MOST_BYTES + 1), options, findings)


def example() -> bytes:
    return resources.files("portal.imports.einvoices").joinpath("example_ubl.xml").read_bytes()
