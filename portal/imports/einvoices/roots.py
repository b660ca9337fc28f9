"""The families of e-invoices, told apart by the root of the XML and never by a file's name."""

from lxml import etree

from portal.imports.einvoices import cii, ubl
from portal.imports.einvoices.xml import Element, local_name, root_name

FATTURA_ROOTS = frozenset({"FatturaElettronica", "FatturaElettronicaSemplificata"})
_ENVELOPE = "StandardBusinessDocument"  # what Peppol's access points put around a document


def begins_ubl(head: bytes) -> bool:
    """Whether a file that begins like this is a UBL invoice, in Peppol's envelope or not."""
    return root_name(head) in {*ubl.ROOTS, _ENVELOPE} and ubl.NAMESPACE.encode() in head.replace(b"\0", b"")


def begins_cii(head: bytes) -> bool:
    return root_name(head) == cii.ROOT and cii.NAMESPACE.encode() in head.replace(b"\0", b"")


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
