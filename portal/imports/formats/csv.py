"""CSV as Italian programs and spreadsheets write it: encoding, delimiter and headers are found, never guessed."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import BinaryIO

from portal.core.text import t
from portal.imports.documents import FileRefused, Item
from portal.imports.options import Findings, ReadOptions
from portal.imports.tables.layout import SEARCHED_LINES, Columns, find_columns
from portal.imports.tables.reading import Table, TableLine, Torn, read_table

CODE = "csv"
LABEL = t("CSV")
RANK = 90  # any text can be CSV: asked last
SUFFIXES = (".csv", ".txt", ".tsv", ".tab")
_SAYS_OTHERWISE = (".xml", ".p7m")  # text under such a name is a broken invoice, not a table

DELIMITERS = (";", "\t", "|", ",")  # in the order in which a tie is settled: amounts have commas in them
MOST_BYTES = 2 * 1024**3
_BLOCK = 1 << 20  # also the longest line
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def sniff(head: bytes, name: str) -> bool:
    """Text without binary zeros, or with a byte order mark; not under the name of an electronic invoice."""
    return (
        bool(head.strip())
        and not name.endswith(_SAYS_OTHERWISE)
        and (b"\0" not in head or any(head.startswith(bom) for bom, _ in _BOMS))
        and (name.endswith(SUFFIXES) or not head.lstrip().startswith((b"<", b"%PDF", b"{\\rtf")))
    )


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    encoding = encoding_of(source, options, findings)
    with as_text(source, encoding) as text:
        delimiter, columns = _dialect(text, options)

        def lines() -> Iterator[TableLine]:
            text.seek(0)
            return lines_of(text, delimiter)

        table = Table(columns, lines, encoding=encoding.removesuffix("-sig"), delimiter=delimiter)
        yield from read_table(table, options, findings)


def example() -> bytes:
    return (
        "Numero;Data;Scadenza;Importo;Valuta;Tipo doc.;Codice cliente;Ragione sociale;P.IVA;E-mail;Lingua;CAP\r\n"
        '2026/101;02/03/2026;30/04/2026;1.220,00;EUR;Fattura;C001;"Officine Brenta; Rossi & C. s.r.l.";'
        "00743110157;amministrazione@brenta.example;it;35121\r\n"
        "2026/102;13/03/2026;30/04/2026;610,00;EUR;Fattura;C002;Perché No cooperativa;;;it;00187\r\n"
        "2026/102;13/03/2026;31/05/2026;610,00;EUR;Fattura;C002;Perché No cooperativa;;;it;00187\r\n"
        "2026/7;20/03/2026;;122,00;EUR;Nota di credito;C001;Officine Brenta;00743110157;;it;35121\r\n"
    ).encode()


def encoding_of(source: BinaryIO, options: ReadOptions, findings: Findings) -> str:
    """Byte order mark, else strict UTF-8, else Windows-1252; or what the person says, checked to the last byte."""
    source.seek(0)
    start = source.read(4)
    marked = next((name for bom, name in _BOMS if start.startswith(bom)), None)
    if options.encoding is not None:
        if not _decodes(source, options.encoding):
            text = t("The file is not written in %(encoding)s.", encoding=options.encoding)
            raise FileRefused("encoding_wrong", text)
        return marked if marked == "utf-8-sig" and _is_utf8(options.encoding) else options.encoding
    if marked is not None:
        if not _decodes(source, marked):
            raise FileRefused("encoding_wrong", t("The file begins as %(name)s but goes on otherwise.", name=marked))
        return marked
    if _decodes(source, "utf-8"):
        return "utf-8"
    if _decodes(source, "cp1252"):
        text = t(
            "The file is not UTF-8, so it was read as Windows-1252. Look at the accents; --encoding says otherwise."
        )
        findings.note("encoding_assumed", text)
        return "cp1252"
    raise FileRefused(
        "encoding_unknown",
        t("The file is neither UTF-8 nor Windows-1252. Save it as CSV UTF-8, or say what it is with --encoding."),
    )


def _is_utf8(name: str) -> bool:
    return codecs.lookup(name).name == "utf-8"


def _decodes(source: BinaryIO, encoding: str) -> bool:
    """Whether every byte has a meaning. Raises FileRefused for an unknown name, a line or a file without end."""
    try:
        "".encode(encoding)
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except (LookupError, TypeError, UnicodeError):
        text = t("There is no encoding called %(encoding)s. Try utf-8 or cp1252.", encoding=encoding)
        raise FileRefused("encoding_unknown", text) from None
    source.seek(0)
    try:
        while block := source.read(_BLOCK):
            decoder.decode(block)
            if len(block) == _BLOCK and b"\n" not in block and b"\r" not in block:
                raise FileRefused("line_too_long", t("A line of the file is longer than a million characters."))
            if source.tell() > MOST_BYTES:
                raise FileRefused("too_large", t("The file is larger than 2 GB. Split it."))
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


@contextmanager
def as_text(source: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The source as text for a while; it stays open."""
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=encoding, newline="")
    try:
        yield text
    finally:
        with suppress(ValueError):  # the source belongs to the caller, who may have closed it
            text.detach()


def _dialect(text: io.TextIOWrapper, options: ReadOptions) -> tuple[str, Columns]:
    """The delimiter under which most headers are recognised. Raises the refusal of the best one."""
    best: tuple[int, str, Columns] | None = None
    refusals: list[tuple[int, FileRefused]] = []
    for delimiter in declared(text) or DELIMITERS:
        text.seek(0)
        start = islice(lines_of(text, delimiter), SEARCHED_LINES)
        head = [(line, cells) for line, cells in start if not isinstance(cells, Torn)]
        try:
            columns = find_columns(iter(head), options)
        except FileRefused as refused:
            refusals.append((refused.refusal.where.line is not None, refused))
            continue
        if best is None or len(columns.at) > best[0]:
            best = (len(columns.at), delimiter, columns)
    if best is None:
        raise max(refusals, key=lambda pair: pair[0])[1]
    return best[1], best[2]


def declared(text: io.TextIOWrapper) -> tuple[str, ...]:
    """`sep=;` in the first line is how Excel is told."""
    text.seek(0)
    first = text.readline(20).strip().lower()
    return (first[4:] or "\t",) if first.startswith("sep=") and len(first) <= 5 else ()


def lines_of(text: io.TextIOWrapper, delimiter: str) -> Iterator[TableLine]:
    """Numbered lines; a quotation mark left open tears its lines out and the table goes on below."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    width = 0
    last = 0
    while True:
        try:
            for cells in reader:
                line, last = last + 1, reader.line_num
                if last > line and len(cells) < width:
                    yield line, Torn(last)  # a cell of several lines that has eaten other cells: an open mark
                    continue
                width = max(width, len(cells))
                yield line, cells
        except csv.Error:
            line, last = last + 1, max(reader.line_num, last + 1)
            yield line, Torn(last)
        else:
            return
