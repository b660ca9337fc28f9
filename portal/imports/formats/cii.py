"""UN/CEFACT Cross Industry Invoices as plain XML: XRechnung, and the XML of Factur-X and ZUGFeRD 2."""

from collections.abc import Iterator
from importlib import resources
from typing import BinaryIO

from portal.core.text import t
from portal.imports.documents import Item
from portal.imports.einvoices.families import read_xml
from portal.imports.einvoices.roots import begins_cii
from portal.imports.einvoices.xml import MOST_BYTES
from portal.imports.options import Findings, ReadOptions

CODE = "cii"
LABEL = t("CII (XRechnung, Factur-X)")
RANK = 16
SUFFIXES = (".cii.xml",)


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001 - the name is only a hint
    """By the root element and its namespace."""
    return begins_cii(head)


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    source.seek(0)
    yield from read_xml(source.read(MOST_BYTES + 1), options, findings)


def example() -> bytes:
    return resources.files("portal.imports.einvoices").joinpath("example_cii.xml").read_bytes()
