"""`portal kpi`: the figures of a creditor as of a day, and `portal explain kpi`: how each comes about."""

import json
from datetime import date, datetime
from typing import Any

import click

from portal.commands.line import Context, creditor_scope
from portal.core import clock
from portal.core.money import Money
from portal.insights import kpis, reading
from portal.insights.figures import Figures, as_json, by_currency


@click.command()
@click.option("--creditor", "slug", required=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day to ask for; default today.")
@click.option("--json", "for_programs", is_flag=True)
@click.pass_obj
def kpi(context: Context, slug: str, as_of: datetime | None, for_programs: bool) -> None:
    """DSO, ADD, CEI, aging and what is kept, as of any day: what came after it does not count.

    \b
    With --json the euro's figures stand at the top, other currencies under "currencies".
    The period is three calendar months that end with the month of the day.
    """
    with creditor_scope(context, slug, writes=False) as creditor:
        day = as_of.date() if as_of is not None else clock.today(creditor.time_zone)
        main, found = by_currency(day, creditor.time_zone)
    if for_programs:
        rest = {name: as_json(one) for name, one in sorted(found.items()) if name != main}
        head = {"as_of": day.isoformat(), "currency": main}
        click.echo(json.dumps({**head, **as_json(found[main]), "currencies": rest}, indent=1))
        return
    for name in [main, *sorted(set(found) - {main})]:
        click.echo("\n".join(_lines(found[name], day)))


def _lines(found: Figures, day: date) -> list[str]:
    held, said = found.books, as_json(found)
    period = f"{said['period']['from']} to {said['period']['to']} ({held.days} days)"
    lines = [f"{held.currency} as of {day.isoformat()}, sales of {period}: {_plain(held, held.sales_minor)}"]
    shown = ("dso", "dso_countback", "bpdso", "add", "add_weighted", "cei", "promise_kept", "plan_kept")
    lines += [f"  {name:<16} {_number(said[name]):>12}   {kpis.FORMULAS[name]}" for name in shown]
    lines += [f"  {one.name:<16} {_plain(held, one.amount_minor):>12}   {one.count} items" for one in held.steps]
    lines.append(f"  {'open':<16} {_plain(held, held.open_minor):>12}   {held.items} items")
    lines.append(f"  {'apart':<16} {_plain(held, held.apart_minor):>12}   customers' credit that belongs to no item")
    return lines


def _plain(held: reading.Books, minor: int) -> str:
    return Money(minor, held.currency).plain


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.2f}"


@click.command("kpi")
@click.argument("name", type=click.Choice(sorted(kpis.FORMULAS)))
def explain(name: str) -> None:
    """The formula of a figure. `portal kpi` prints each with its figures, as of any day."""
    click.echo(f"{name} = {kpis.FORMULAS[name]}")
