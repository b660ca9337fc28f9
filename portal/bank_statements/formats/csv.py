"""CSV as banks' websites give it; what portal.imports knows of tables is used: encodings, dates, amounts."""

from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO

from portal.bank_statements.documents import FileRefused, Item
from portal.bank_statements.tables import headers
from portal.bank_statements.tables.headers import SEARCHED_LINES, Columns
from portal.bank_statements.tables.reading import Table, read_table
from portal.imports.formats import csv as invoices_csv
from portal.imports.options import Findings, ReadOptions
from portal.imports.tables.reading import TableLine, Torn

CODE = "csv"
LABEL = "CSV"
RANK = 90  # any text can be CSV: asked last
SUFFIXES = invoices_csv.SUFFIXES


def sniff(head: bytes, name: str) -> bool:
    return invoices_csv.sniff(head, name)


def read(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    encoding = invoices_csv.encoding_of(source, options, findings)
    with invoices_csv.as_text(source, encoding) as text:
        delimiter, columns = _dialect(text, options)

        def lines() -> Iterator[TableLine]:
            text.seek(0)
            return invoices_csv.lines_of(text, delimiter)

        yield from read_table(Table(columns, lines, encoding.removesuffix("-sig"), delimiter), options, findings)


def _dialect(text: TextIOWrapper, options: ReadOptions) -> tuple[str, Columns]:
    """The delimiter under which most headers are recognised. Raises the most telling refusal."""
    found: list[tuple[int, str, Columns]] = []
    refusals: list[tuple[bool, FileRefused]] = []
    for delimiter in invoices_csv.declared(text) or invoices_csv.DELIMITERS:
        text.seek(0)
        start = islice(invoices_csv.lines_of(text, delimiter), SEARCHED_LINES)
        try:
            columns = headers.find([(n, cells) for n, cells in start if not isinstance(cells, Torn)], options)
        except FileRefused as refused:
            refusals.append((refused.refusal.where.line is not None, refused))
        else:
            found.append((len(columns.at), delimiter, columns))
    if not found:
        raise max(refusals, key=lambda pair: pair[0])[1]
    best = max(found, key=lambda one: one[0])
    return best[1], best[2]


def example() -> bytes:
    return (
        b"Data contabile;Data valuta;Importo;Divisa;Descrizione;Ordinante;IBAN ordinante;CRO\r\n"
        b'02/03/2026;02/03/2026;1.220,00;EUR;"RF18 5390 0754 7034 saldo fattura 2026/101";Officine Brenta s.r.l.;'
        b"IT25O0306909606100000012345;2026030200017\r\n"
        b"13/03/2026;13/03/2026;-2,00;EUR;Commissioni;;;\r\n"
    )
