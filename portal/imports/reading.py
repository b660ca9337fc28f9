"""Files of invoices read one after the other: what each one is, its documents and refusals as they come.

for reading in read_files(paths, options):      # one for each file, or for each file inside a ZIP
    for item in reading:                        # Document | Refusal, streamed
        ...
    reading.findings.notes                      # complete after the last item
"""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from portal.core.text import Text, t
from portal.imports import opening
from portal.imports.documents import FileRefused, Item
from portal.imports.formats import Format, all_formats
from portal.imports.opening import LOCAL_HEADER
from portal.imports.options import Findings, Layout, ReadOptions

__all__ = ["FileReading", "Findings", "Layout", "ReadOptions", "read_file", "read_files"]

_UNKNOWN = (
    "format_unknown",
    t("This is none of CSV, XLSX, FatturaPA (XML or P7M), UBL, CII, Factur-X, or a ZIP of them."),
)
_INSTEAD: dict[bytes, tuple[str, Text]] = {
    b"\xd0\xcf\x11\xe0": (
        "format_unknown",
        t("This is an old Excel workbook (.xls), or one with a password. Save it as .xlsx without a password."),
    ),
    LOCAL_HEADER: ("zip_nested", t("This is an archive inside an archive. Unpack it and send its files.")),
}
_NOT_WHAT_IT_SAYS: dict[str, tuple[str, Text]] = {
    ".p7m": (
        "p7m_broken",
        t("Its name ends in .p7m, but nothing in it is signed. Download it again, or use the XML."),
    ),
    ".xml": (
        "xml_broken",
        t("Its name ends in .xml, but it is no XML. Export the invoice again, or name a table .csv."),
    ),
}


def _rows(found: Format, source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    return found.rows(source, options, findings)


def _why_none(head: bytes, name: str) -> FileRefused:
    """What the file is instead, by its first bytes; else what its name says and it is not."""
    by_head = (why for start, why in _INSTEAD.items() if head.startswith(start))
    by_name = (why for suffix, why in _NOT_WHAT_IT_SAYS.items() if name.endswith(suffix))
    return FileRefused(*next(chain(by_head, by_name, [_UNKNOWN])))


FileReading = opening.FileReading[Item]  # its `format` is csv, xlsx, fatturapa, fatturapa-p7m, ubl, cii or facturx
_OPENER: opening.Opener[Item] = opening.Opener(all_formats, _rows, _why_none)
read_file, read_files = _OPENER.read_file, _OPENER.read_files
