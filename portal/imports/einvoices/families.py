"""The families of e-invoices, told apart by the root of the XML and never by a file's name: one road into each."""

from collections.abc import Iterator

from lxml import etree

from portal.core.text import t
from portal.imports.documents import Item
from portal.imports.einvoices import cii, ubl
from portal.imports.einvoices.european import read_european
from portal.imports.einvoices.fattura import ROOTS as FATTURA_ROOTS
from portal.imports.einvoices.fattura import read_fattura
from portal.imports.einvoices.others import refuse_by_name
from portal.imports.einvoices.xml import Element, local_name, parse, root_name
from portal.imports.options import Findings, ReadOptions

_ENVELOPE = "StandardBusinessDocument"  # what Peppol's access points put around a document


def begins_ubl(head: bytes) -> bool:
    """Whether a file that begins like this is a UBL invoice, in Peppol's envelope or not."""
    return root_name(head) in {*ubl.ROOTS, _ENVELOPE} and ubl.NAMESPACE.encode() in head.replace(b"\0", b"")


def begins_cii(head: bytes) -> bool:
    return root_name(head) == cii.ROOT and cii.NAMESPACE.encode() in head.replace(b"\0", b"")


def read_xml(data: bytes, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    """The documents of one XML file's bytes, whatever its family. Raises FileRefused."""
    root, assumed = parse(data)
    invoice = unwrapped(root)
    if family(invoice) is None:
        raise refuse_by_name(root)
    if assumed:
        findings.note(
            "encoding_assumed", t("The file is not the UTF-8 that it should be; it was read as Windows-1252.")
        )
    yield from _read(invoice, options)


def _read(root: Element, options: ReadOptions) -> Iterator[Item]:
    if family(root) == "fatturapa":
        return read_fattura(root, options)
    return read_european(root, ubl.read if family(root) == "ubl" else cii.read, options)


def unwrapped(root: Element) -> Element:
    """The invoice itself, where an envelope is around it."""
    if local_name(root) != _ENVELOPE:
        return root
    return next((child for child in root if local_name(child) in ubl.ROOTS), root)


def family(root: Element) -> str | None:
    """`fatturapa`, `ubl` or `cii`; None for what is no invoice that is read."""
    name, space = local_name(root), etree.QName(root).namespace or ""
    if name in FATTURA_ROOTS:
        return "fatturapa"
    if name in ubl.ROOTS and space.startswith(ubl.NAMESPACE + name):
        return "ubl"
    return "cii" if name == cii.ROOT and space.startswith(cii.NAMESPACE) else None
