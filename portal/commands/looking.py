"""`portal states`, `portal audit verify`, `portal caring`: looking at the house, and planning by hand."""

import json
from datetime import date, datetime

import click

from portal.commands.line import Context, creditor_scope
from portal.core import clock, db, events, scope, states
from portal.creditors import queries as creditors
from portal.ledger import queries as ledger
from portal.reminders import actions as reminders


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
@click.pass_obj
def verify(context: Context, as_json: bool) -> None:
    """Walks every creditor's chain and sums the books; exit 1 when something does not hold."""
    context.app()
    with db.transaction(writes=False):
        everyone = [(one, creditors.by_id(one).slug) for one in creditors.all_ids()]
    records, first_bad, heads = 0, None, {}
    for creditor_id, slug in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            report = events.verify()
            unbalanced = ledger.unbalanced()
        records += report.records
        heads[slug] = report.head
        if report.first_bad is not None and first_bad is None:
            first_bad = {"creditor": slug, "seq": report.first_bad[0], "why": report.first_bad[1]}
        if unbalanced and first_bad is None:
            why = f"{len(unbalanced)} balances differ from their entries"
            first_bad = {"creditor": slug, "seq": None, "why": why}
    answer = {"ok": first_bad is None, "records": records, "sealed_to": heads, "first_bad": first_bad}
    if as_json:
        click.echo(json.dumps(answer))
    elif first_bad is None:
        click.echo(f"all {records} records hold")
    else:
        click.echo(f"{first_bad['creditor']}: record {first_bad['seq']} {first_bad['why']}", err=True)
    if first_bad is not None:
        raise SystemExit(1)


@click.command()
@click.argument("slug")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day to plan for; default today.")
@click.option("--now", "at_once", is_flag=True, help="Send at once, whatever the hour: for trying out.")
@click.pass_obj
def caring(context: Context, slug: str, as_of: datetime | None, at_once: bool) -> None:
    """Plans the caring messages of creditor SLUG; they leave in the next lawful window."""
    with creditor_scope(context, slug) as creditor:
        day: date = as_of.date() if as_of else clock.today(creditor.time_zone)
        planned = reminders.plan_caring(creditor, today=day, whatever_the_hour=at_once)
    click.echo(f"{planned.messages} messages planned")
    for why, count in sorted(planned.skipped.items()):
        click.echo(f"{count} debtors left out: {why}")
