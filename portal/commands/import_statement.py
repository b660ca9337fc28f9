"""`portal import statement FILE…`: what the bank says, shown before anything is kept, or taken in and booked."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import click

from portal.bank_statements import batches, own_accounts, queries, taking_in, wording
from portal.bank_statements.documents import Movement, Notice, Refusal, Statement
from portal.bank_statements.reading import FileReading, read_files
from portal.bank_statements.report import write_json
from portal.bank_statements.tables.headers import FIELDS
from portal.commands.columns import named
from portal.commands.import_invoices import group
from portal.commands.line import Context, creditor_scope, printable
from portal.core import db, scope
from portal.core.money import Money
from portal.core.text import Text
from portal.imports.options import DateOrder, DecimalMark, ReadOptions

__all__ = ["group", "statement"]
_SHOWN_MOVEMENTS = 10
_SHOWN_REFUSALS = 50
_MOST_UNKNOWN = 10_000


@group.command("statement")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.option("--creditor", "creditor_slug", metavar="SLUG", help="Whose account this is.")
@click.option(
    "--columns",
    multiple=True,
    metavar="OURS=THEIRS,…",
    help="Of a table: which of its headers is which of our fields; OURS= alone leaves a field out. "
    f"Fields: {' '.join(FIELDS)}.",
)
@click.option("--date-format", type=click.Choice(["dmy", "mdy", "ymd"]), help="The order of day, month and year.")
@click.option("--decimal", type=click.Choice([",", "."]), help="The decimal mark of amounts.")
@click.option("--encoding", help="For example utf-8 or cp1252; found out without it.")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="IBAN",
    help="An account of the creditor's besides its own, as the files write it: its statements are booked, now and "
    "from now on. Statements of any other account are refused.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be read. Needs no database and no creditor.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def statement(
    context: Context,
    *,
    files: tuple[Path, ...],
    creditor_slug: str | None,
    columns: tuple[str, ...],
    accounts: tuple[str, ...],
    date_format: str | None,
    decimal: str | None,
    encoding: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Reads bank statements: CAMT.052, .053, .054, MT940, MT942, CSV, XLSX or a ZIP of them.

    What names a payment reference is booked at once, the rest waits for a person. Ends with 0 when nothing was
    refused, 1 when something was, 2 when called wrongly.
    """
    options = ReadOptions(
        columns=named(columns, FIELDS),
        date_format=cast(DateOrder | None, date_format),
        decimal=cast(DecimalMark | None, decimal),
        encoding=encoding,
    )
    if not dry_run:
        if creditor_slug is None:
            raise click.UsageError("--creditor is needed unless --dry-run")
        sys.exit(_take_in(context, files, options, creditor_slug, accounts, as_json=as_json))
    if accounts:
        raise click.UsageError("--account says whose account it is: it makes no sense with --dry-run")
    readings = read_files(files, options)
    refused = write_json(readings, sys.stdout) if as_json else show(readings)
    sys.exit(1 if refused else 0)


def _take_in(
    context: Context,
    files: Sequence[Path],
    options: ReadOptions,
    slug: str,
    accounts: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """Takes `files` in for the creditor called `slug`; the exit code."""
    with creditor_scope(context, slug) as creditor:
        creditor_id = creditor.id
        own_accounts.confirm([_account(one) for one in accounts], known_by=own_accounts.BY_COMMAND)
        batch_id = batches.begin(options, files)
    try:
        counts = taking_in.run(creditor_id, batch_id, options, [(str(path), path) for path in files], progress=_bar)
    except BaseException as error:
        with db.transaction():
            scope.enter(creditor_id)
            batches.mark_failed(batch_id, type(error).__name__)
        raise
    if sys.stderr.isatty():
        click.echo(err=True)
    if as_json:
        write_json(read_files(files, options), sys.stdout, _unknown(creditor_id, batch_id))
    else:
        _show_result(creditor_id, batch_id, counts)
    return 1 if counts.refused else 0


def _account(written: str) -> str:
    compact = "".join(written.split())
    return wording.iban(compact) or compact


def _unknown(creditor_id: int, batch_id: int) -> set[tuple[str, str]]:
    """The statements that were not booked because their account is none of the creditor's: file and place."""
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        rows = queries.remarks(batch_id, _MOST_UNKNOWN, code=own_accounts.UNKNOWN)
        return {(row.file, row.where) for row in rows}


def _bar(counts: taking_in.Counts) -> None:
    """How far it has come, on one line of a terminal; nothing where nobody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{counts.read} read, {counts.new} new, {counts.booked} booked", nl=False, err=True)


def _show_result(creditor_id: int, batch_id: int, counts: taking_in.Counts) -> None:
    click.echo(
        f"{counts.new} new, {counts.known} known already, {counts.booked} booked, {counts.waiting} waiting for a "
        f"person, {counts.refused} refused"
    )
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        for row in queries.remarks(batch_id, _SHOWN_REFUSALS):
            label = "refused" if row.refused else "note"
            click.echo(f"  {label:8} {printable(row.file)} {printable(row.where)}: {Text(row.msgid, row.args)}")


def show(readings: Iterable[FileReading]) -> bool:
    """Prints what every file says, for a person. Returns whether anything was refused."""
    refused = False
    for reading in readings:
        click.echo(f"{printable(reading.file)}  ({reading.format or 'unknown format'})")
        summary = _Summary()
        for item in reading:
            summary.add(item)
        summary.end(reading)
        refused = refused or summary.refused > 0
    return refused


class _Summary:
    """Prints statements as they come, and keeps only counts."""

    def __init__(self) -> None:
        self.running: Statement | None = None
        self.credits = self.debits = self.movements = self.refused = self.left = 0
        self.notes: Counter[str] = Counter()
        self.examples: dict[str, Notice] = {}
        self.refusals: list[Refusal] = []

    def add(self, item: object) -> None:
        if isinstance(item, Statement):
            self._foot()
            self.running, self.movements, self.credits, self.debits, self.left = item, 0, 0, 0, 0
            name = item.iban or item.account or "account not named"
            click.echo(
                f"  {item.kind}  {printable(name)}  {item.currency or ''}  {printable(item.number or '')}".rstrip()
            )
            if item.opening is not None:
                click.echo(f"    opening {item.opening.plain}")
        elif isinstance(item, Movement):
            self._movement(item)
        elif isinstance(item, Refusal):
            self.refused += 1
            if len(self.refusals) < _SHOWN_REFUSALS:
                self.refusals.append(item)
        elif isinstance(item, Notice):
            self.notes[item.code] += 1
            self.examples.setdefault(item.code, item)

    def _movement(self, item: Movement) -> None:
        self.movements += 1
        if item.amount.minor > 0:
            self.credits += item.amount.minor
        else:
            self.debits += item.amount.minor
        if self.movements > _SHOWN_MOVEMENTS:
            self.left += 1
            return
        day = (item.value_on or item.booked_on or "no date") if item else ""
        who = item.counterparty.name or item.counterparty.iban or "-"
        marks = " reversal" if item.reversal else ""
        why = item.creditor_reference or item.text or ""
        click.echo(f"    {day}  {item.amount.plain:>14}  {printable(who)[:30]:30}  {printable(why)[:50]}{marks}")

    def _foot(self) -> None:
        if self.running is None:
            return
        if self.left:
            click.echo(f"    … and {self.left} more")
        currency = self.running.currency or "EUR"
        if self.movements:
            came, went = Money(self.credits, currency).plain, Money(self.debits, currency).plain
            click.echo(f"    {self.movements} movements: {came} in, {went} out")
        if self.running.closing is not None:
            click.echo(f"    closing {self.running.closing.plain}")

    def end(self, reading: FileReading) -> None:
        self._foot()
        for note in reading.findings.notes:
            click.echo(f"  note: {note.message}")
        for code, times in sorted(self.notes.items()):
            example = self.examples[code]
            click.echo(f"  note {code}, {times} times, first at {printable(str(example.where))}: {example.message}")
        for refusal in self.refusals:
            click.echo(
                f"  REFUSED at {printable(str(refusal.where))} ({refusal.code}): {printable(str(refusal.message))}"
            )
        if self.refused > len(self.refusals):
            click.echo(f"  … and {self.refused - len(self.refusals)} more refused; --json shows all")
        click.echo()
