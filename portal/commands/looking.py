"""`portal states`, `portal audit …`: looking at the house."""

import json
from pathlib import Path
from typing import Any

import click

from portal.cases import idle, numbers
from portal.commands.line import Context, creditor_scope
from portal.core import clock, db, installation, scope, states
from portal.creditors import queries as creditors
from portal.ledger import origins
from portal.ledger import queries as ledger
from portal.trail import checking, heads
from portal.trail.heads import Exported


@click.command("states")
@click.option("--json", "as_json", is_flag=True)
def show_states(as_json: bool) -> None:
    """Draws every state machine: from, to, and the event that makes the move."""
    tables = states.as_tables()
    if as_json:
        click.echo(json.dumps(tables, indent=1))
        return
    for name, rows in tables.items():
        click.echo(f"\n{name}")
        for row in rows:
            click.echo(f"  {row['from'] or '(new)':14} → {row['to']:14} {row['event']}")


@click.group()
def audit() -> None:
    """The chain of events and the books."""


@audit.command()
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--head",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="An exported end of a chain to check against, besides those in PORTAL_TRAIL_DIR.",
)
@click.pass_obj
def verify(context: Context, as_json: bool, files: tuple[Path, ...]) -> None:
    """Walks every creditor's chain, also against its exported ends, and sums the books; exit 1 when something
    does not hold.
    """
    context.app()
    exported, wrong = _exported(files)
    with db.transaction(writes=False):
        everyone = [(one, creditors.by_id(one).slug) for one in creditors.all_ids()]
    wrong += [
        _bad(head.creditor, 1, f"there is no such creditor any more: it had {head.seq} records")
        for head in checking.strangers((one for one, _ in everyone), exported)
    ]
    records, heads_now = 0, {}
    for creditor_id, slug in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            report = checking.verify(checking.of(creditor_id, exported))
            unbalanced = len(ledger.unbalanced()) + len(origins.unbalanced())
            above = len(ledger.above_charges())
        records += report.records
        heads_now[slug] = report.head
        if report.first_bad is not None:
            wrong.append(_bad(slug, *report.first_bad))
        if unbalanced:
            wrong.append(_bad(slug, None, f"{unbalanced} balances differ from their entries"))
        if above:
            wrong.append(_bad(slug, None, f"{above} due items are open for more than was charged"))
    if as_json:
        answer = {"ok": not wrong, "records": records, "sealed_to": heads_now}
        click.echo(json.dumps({**answer, "first_bad": wrong[0] if wrong else None}))
    elif not wrong:
        click.echo(f"all {records} records hold, {len(exported)} exported ends with them")
    else:
        for one in wrong:
            click.echo(f"{one['creditor']}: record {one['seq']} {one['why']}", err=True)
    if wrong:
        raise SystemExit(1)


def _bad(creditor: str, seq: int | None, why: str) -> dict[str, Any]:
    return {"creditor": creditor, "seq": seq, "why": why}


def _exported(files: tuple[Path, ...]) -> tuple[list[Exported], list[dict[str, Any]]]:
    """The exported ends: those given, which must be some, and those kept, of which a damaged one is a finding."""
    found, damaged = [], []
    for path in files:
        try:
            found.append(heads.read(path.read_bytes(), installation.keys()))
        except ValueError as error:
            raise click.UsageError(f"{path}: {error}") from error
    for path, one in heads.kept():
        if one is None:
            damaged.append(_bad(path.parent.name, None, f"cannot be read in {path.name}: that export is damaged"))
        else:
            found.append(one)
    return found, damaged


@audit.command("idle")
@click.pass_obj
def name_idle(context: Context) -> None:
    """Names what lies idle: cases past their day or without an owner, documents that rest without a case."""
    context.app()
    with db.transaction(writes=False):
        everyone = [(one, creditors.by_id(one).slug) for one in creditors.all_ids()]
    for creditor_id, slug in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            for case in idle.cases():
                since = clock.iso(case.act_by) if case.act_by is not None else "no day"
                owner = "" if case.owner_id is not None else ", nobody owns it"
                click.echo(f"{slug}: case {numbers.spoken(case.number)} ({case.kind}) since {since}{owner}")
            for number in idle.resting():
                click.echo(f"{slug}: invoice {number} rests, and no case says who ends it")


@audit.command()
@click.option("--creditor", "slug", required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A new file; default: shown here.")
@click.pass_obj
def export(context: Context, slug: str, out: Path | None) -> None:
    """Writes the end of a creditor's chain, signed: keep it where nobody who runs the database can change it."""
    with creditor_scope(context, slug, writes=False):
        head = heads.of_creditor()
    content = heads.written(head, installation.keys())
    if out is None:
        click.echo(content.decode(), nl=False)
        return
    try:
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise click.UsageError(f"{out}: {error.strerror}") from error
    click.echo(f"{slug}: record {head.seq}, {head.hash}")
