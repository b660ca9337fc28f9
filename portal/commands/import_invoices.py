"""`portal import invoices FILE…`: what the files say, shown before anything is kept, or taken in."""

import codecs
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

import click

from portal.commands.columns import named
from portal.commands.import_running import import_invoices
from portal.commands.line import Context, printable
from portal.core.money import Money
from portal.imports.documents import Document, Notice, Refusal
from portal.imports.options import DateOrder, DecimalMark, Layout, ReadOptions
from portal.imports.reading import FileReading, read_files
from portal.imports.report import write_json
from portal.imports.tables.headers import FIELDS

_SHOWN_DOCUMENTS = 10
_SHOWN_REFUSALS = 50
_ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


@click.group("import")
def group() -> None:
    """Brings files in."""


@group.command("invoices")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.option("--creditor", "creditor_slug", metavar="SLUG", help="Whose invoices these are.")
@click.option(
    "--columns",
    multiple=True,
    metavar="OURS=THEIRS,…",
    help="Which of the file's headers is which of our fields; OURS= alone leaves a field out. "
    f"Fields: {' '.join(FIELDS)}.",
)
@click.option("--date-format", type=click.Choice(["dmy", "mdy", "ymd"]), help="The order of day, month and year.")
@click.option("--decimal", type=click.Choice([",", "."]), help="The decimal mark of amounts.")
@click.option("--encoding", help="For example utf-8 or cp1252; found out without it.")
@click.option("--dry-run", is_flag=True, help="Only show what would be read. Needs no database and no creditor.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def invoices(
    context: Context,
    *,
    files: tuple[Path, ...],
    creditor_slug: str | None,
    columns: tuple[str, ...],
    date_format: str | None,
    decimal: str | None,
    encoding: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Reads invoices from CSV, XLSX, FatturaPA (XML, P7M), UBL, CII, Factur-X or a ZIP of them.

    Ends with 0 when nothing was refused, 1 when something was, 2 when called wrongly.
    """
    options = ReadOptions(
        columns=named(columns, FIELDS),
        date_format=cast(DateOrder | None, date_format),
        decimal=cast(DecimalMark | None, decimal),
        encoding=_encoding(encoding),
    )
    if not dry_run:
        if creditor_slug is None:
            raise click.UsageError("--creditor is needed unless --dry-run")
        sys.exit(import_invoices(context, files, options, creditor_slug, as_json))
    readings = read_files(files, options)
    refused = write_json(readings, sys.stdout) if as_json else show(readings)
    sys.exit(1 if refused else 0)


def _encoding(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise click.UsageError(f"--encoding: there is no encoding called {name!r}") from None


def show(readings: Iterable[FileReading]) -> bool:
    """Prints what every file says, for a person. Returns whether anything was refused."""
    refused = False
    for reading in readings:
        summary = _Summary()
        click.echo(f"{printable(reading.file)}  ({reading.format or 'unknown format'})")
        for item in reading:
            if isinstance(item, Refusal):
                summary.refuse(item)
            else:
                summary.add(item)
        _show_layout(reading.findings.layout)
        summary.show(reading.findings.notes)
        refused = refused or summary.refused > 0
    return refused


class _Summary:
    """Counts, and the first few of each kind; memory does not grow with the file."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.kinds: Counter[str] = Counter()
        self.totals: Counter[tuple[str, str]] = Counter()
        self.warned: Counter[str] = Counter()
        self.examples: dict[str, Notice] = {}
        self.refusals: list[Refusal] = []
        self.refused = 0

    def add(self, document: Document) -> None:
        self.kinds[document.kind] += 1
        for due in document.due_items:
            self.totals[document.kind, document.currency] += due.amount.minor
        for warning in document.warnings:
            self.warned[warning.code] += 1
            self.examples.setdefault(warning.code, warning)
        if len(self.documents) < _SHOWN_DOCUMENTS:
            self.documents.append(document)

    def refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        if len(self.refusals) < _SHOWN_REFUSALS:
            self.refusals.append(refusal)

    def show(self, notes: Sequence[Notice]) -> None:
        count = sum(self.kinds.values())
        kinds = f"{self.kinds['invoice']} invoices, {self.kinds['credit_note']} credit notes"
        click.echo(f"  read: {count} documents ({kinds}); refused: {self.refused}")
        for (kind, currency), minor in sorted(self.totals.items()):
            click.echo(f"  {'due' if kind == 'invoice' else 'credited'}: {Money(minor, currency).plain} {currency}")
        self._show_documents(count)
        for note in notes:
            click.echo(f"  note: {note.message}")
        for code, times in sorted(self.warned.items()):
            example = self.examples[code]
            click.echo(
                f"  warning {code}, {times} times, first at {printable(str(example.where))}: {example.message}"
            )
        for refusal in self.refusals:
            click.echo(f"  REFUSED at {printable(str(refusal.where))} ({refusal.code}): {refusal.message}")
        if self.refused > len(self.refusals):
            click.echo(f"  … and {self.refused - len(self.refusals)} more refused; --json shows all")
        click.echo()

    def _show_documents(self, count: int) -> None:
        if not self.documents:
            return
        rows = [("number", "kind", "issued", "due", "amount", "customer")]
        rows += [row for document in self.documents for row in _lines_of(document)]
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        for number, kind, issued, due, amount, customer in rows:
            cells = (number.ljust(widths[0]), kind.ljust(widths[1]), issued.ljust(widths[2]), due.ljust(widths[3]))
            click.echo(f"  {'  '.join(cells)}  {amount.rjust(widths[4])}  {customer}")
        if count > len(self.documents):
            click.echo(f"  … and {count - len(self.documents)} more")


def _lines_of(document: Document) -> Iterator[tuple[str, str, str, str, str, str]]:
    """One line for each due item; the document itself only on the first."""
    head = (document.number, document.kind.replace("_", " "), document.issued_on.isoformat())
    customer = document.debtor.name[:40]
    for due in document.due_items:
        yield *head, due.due_on.isoformat(), f"{due.amount.plain} {document.currency}", customer
        head, customer = ("", "", ""), ""
    if not document.due_items:
        yield *head, "-", f"nothing of {document.total.plain} {document.currency}", customer


def _show_layout(layout: Layout | None) -> None:
    if layout is None:
        return
    pairs = ", ".join(f"{field} = {header or '(no header)'}" for field, header in layout.columns.items())
    click.echo(f"  columns: {pairs}")
    if layout.ignored:
        click.echo(f"  not used: {', '.join(layout.ignored)}")
    said = [
        f"headers in line {layout.header_line}",
        *([f"sheet {layout.sheet}"] if layout.sheet else []),
        *([layout.encoding] if layout.encoding else []),
        *([f"parted by {'tab' if layout.delimiter == chr(9) else layout.delimiter}"] if layout.delimiter else []),
        *sorted({_ORDERS[order] for order in layout.date_orders.values()}),
        *([f"decimal mark {layout.decimal}"] if layout.decimal else []),
    ]
    click.echo(f"  read as: {'; '.join(said)}")
