"""A table read in two walks: the first settles what the whole file can settle, the second gives the documents."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from portal.core.text import t
from portal.imports.documents import FileRefused, Item, Refusal, Where
from portal.imports.options import Findings, Layout, ReadOptions
from portal.imports.tables.layout import Columns
from portal.imports.tables.merging import Merger
from portal.imports.tables.rows import BadRow, Row, RowReader
from portal.imports.tables.survey import Survey

MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class Torn:
    """Lines that hold no row because a quotation mark was never closed; `last` is the line where it showed."""

    last: int


TableLine = tuple[int, Sequence[object] | Torn]


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be read: `lines` gives its numbered lines from the first one, each time it is called."""

    columns: Columns
    lines: Callable[[], Iterator[TableLine]]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


def read_table(table: Table, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    """Documents and refusals; `findings` says what was understood before the first of them comes."""
    columns = table.columns
    survey = Survey(columns, options)
    survey.walk((line, cells) for line, cells in _below(table) if not isinstance(cells, Torn))
    survey.report(findings)
    for field_name, (first, second) in columns.unclear.items():
        text = t(
            "Both %(first)s and %(second)s could be %(field)s, so neither was used.",
            first=first,
            second=second,
            field=field_name,
        )
        findings.note("column_unclear", text)
    findings.layout = _layout(table, survey)
    reader = RowReader(columns, survey, options, findings)
    yield from Merger(survey, options, findings).documents(_rows(table, reader))
    reader.report()


def _below(table: Table) -> Iterator[TableLine]:
    """The lines under the headers. Raises FileRefused beyond five million of them."""
    header_line = table.columns.line
    for count, numbered in enumerate(table.lines()):
        if count > MOST_ROWS:
            text = t("The file has more than %(rows)s lines. Split it.", rows=MOST_ROWS)
            raise FileRefused("too_many_rows", text, Where(line=numbered[0]))
        if numbered[0] > header_line:
            yield numbered


def _rows(table: Table, reader: RowReader) -> Iterator[Row | BadRow]:
    for line, cells in _below(table):
        if isinstance(cells, Torn):
            text = t(
                "A quotation mark in this line is not closed, and lines up to %(last)s cannot be read. "
                "Close it, or write it twice where it belongs to the text.",
                last=cells.last,
            )
            yield BadRow(line, None, [Refusal("quote_open", Where(line), text)], ())
            continue
        row = reader.read(line, cells)
        if row is not None:
            yield row


def _layout(table: Table, survey: Survey) -> Layout:
    columns = table.columns
    used = columns.used
    return Layout(
        header_line=columns.line,
        headers=columns.headers,
        columns={name: columns.headers[at] for name, at in sorted(columns.at.items(), key=lambda pair: pair[1])},
        ignored=tuple(header for at, header in enumerate(columns.headers) if header and at not in used),
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        date_orders=survey.orders(),
        decimal=survey.amount.mark,
    )
