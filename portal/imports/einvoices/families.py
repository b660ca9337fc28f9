"""One road into every family of e-invoices: the XML parsed, its root looked at, the reader of its family called."""

from collections.abc import Iterator

from portal.core.text import t
from portal.imports.documents import Item
from portal.imports.einvoices import cii, ubl
from portal.imports.einvoices.european import read_european
from portal.imports.einvoices.fattura import read_fattura
from portal.imports.einvoices.others import refuse_by_name
from portal.imports.einvoices.roots import family, unwrapped
from portal.imports.einvoices.xml import Element, parse
from portal.imports.options import Findings, ReadOptions


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
