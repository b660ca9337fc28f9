"""Files of statements read one after the other: what each one is, its statements and movements as they come.

for reading in read_files(paths, options):      # one for each file, or for each file inside a ZIP
    for item in reading:                        # Statement, then its Movements, Refusals and Notices, streamed
        ...
"""

from collections.abc import Iterator
from typing import BinaryIO

from portal.bank_statements.documents import FileRefused, Item
from portal.bank_statements.formats import Format, all_formats
from portal.core.text import t
from portal.imports import opening
from portal.imports.opening import LOCAL_HEADER
from portal.imports.options import Findings, ReadOptions


def _items(found: Format, source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    return found.read(source, options, findings)


def _why_none(head: bytes, _name: str) -> FileRefused:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        text = t("This is an old Excel workbook (.xls), or one with a password. Save it as .xlsx without a password.")
        return FileRefused("format_unknown", text)
    if head.startswith(b"%PDF"):
        return FileRefused(
            "format_unknown", t("This is a PDF. Ask the bank for the statement as CAMT, MT940 or CSV.")
        )
    if head.startswith(LOCAL_HEADER):
        return FileRefused("zip_nested", t("This is an archive inside an archive. Unpack it and send its files."))
    return FileRefused("format_unknown", t("This is none of CAMT (XML), MT940, CSV, XLSX, or a ZIP of them."))


FileReading = opening.FileReading[Item]  # its `format` is camt, mt940, csv or xlsx
_OPENER: opening.Opener[Item] = opening.Opener(all_formats, _items, _why_none)
read_file, read_files = _OPENER.read_file, _OPENER.read_files
