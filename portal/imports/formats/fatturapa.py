"""FatturaPA as plain XML: all versions, any number of invoices in one file."""

from collections.abc import Iterator
from importlib import resources
from typing import BinaryIO

from portal.core.text import t
from portal.imports.documents import Item
from portal.imports.einvoices.families import read_xml
from portal.imports.einvoices.xml import MOST_BYTES, starts_like_xml
from portal.imports.options import Findings, ReadOptions

CODE = "fatturapa"
LABEL = t("FatturaPA (XML)")
RANK = 20
SUFFIXES = (".xml",)


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001 - the name is only a hint
    """Any XML, so that what is no invoice is called by its name."""
    return starts_like_xml(head)


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    source.seek(0)
    yield from read_xml(source.read(MOST_BYTES + 1), options, findings)


def example() -> bytes:
    return resources.files("portal.imports.einvoices").joinpath("example.xml").read_bytes()
