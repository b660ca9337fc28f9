"""`portal explain plan`: a debt in instalments, to the cent and to the day."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import click

from portal.commands.explain_interest import AMOUNT, DAY
from portal.core.money import Money
from portal.plans import schedules

_REFUSED = 1
_MOST_PERCENT = 100


class _Down(click.ParamType):
    """An amount, or a share like 20%."""

    name = "amount|percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Money | Decimal:
        if isinstance(value, Money | Decimal):
            return value
        share = str(value).removesuffix("%")
        if share == str(value):
            return AMOUNT.convert(value, param, ctx)
        plain = share.isascii() and share.replace(".", "", 1).isdigit()
        if not plain or not 0 < Decimal(share) < _MOST_PERCENT:
            self.fail(f"{value!r} is not a share like 20%", param, ctx)
        return Decimal(share)


@click.command()
@click.option("--total", "debt", type=AMOUNT, required=True, help="What is owed, in euro: 1000.00")
@click.option("--instalments", type=click.IntRange(1, schedules.MOST), required=True, help="How many.")
@click.option("--first", "first_on", type=DAY, required=True, help="The day of the first one.")
@click.option("--every", type=click.Choice(schedules.EVERY), default=schedules.MONTH, show_default=True)
@click.option("--down", type=_Down(), help="Paid at the beginning: an amount, or a share like 20%.")
@click.option("--min", "least", type=AMOUNT, help="The smallest instalment; 0.01 where it is not said.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plan(
    *,
    debt: Money,
    instalments: int,
    first_on: date,
    every: str,
    down: Money | Decimal | None,
    least: Money | None,
    as_json: bool,
) -> None:
    """Equal instalments; the first ones take the cents that are left over, months keep their day (B-70, B-71).

    Ends with 1 where an instalment would be too small, with 2 when called wrongly.
    """
    at_once = schedules.part_of(debt, down) if isinstance(down, Decimal) else down
    try:
        found = schedules.spread(debt, instalments, first_on, every, down=at_once, least=least)
    except (ValueError, OverflowError) as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(_REFUSED) from error
    if as_json:
        click.echo(json.dumps({
            "down_payment": found.down.plain if found.down else None,
            "instalments": [{"due_on": row.due_on.isoformat(), "amount": row.amount.plain}
                            for row in found.instalments],
            "total": found.total.plain,
        }))  # fmt: skip
        return
    if found.down:
        click.echo(f"at once      {found.down.plain:>14}")
    for row in found.instalments:
        click.echo(f"{row.number:>3} {row.due_on.isoformat()} {row.amount.plain:>12}")
    click.echo(f"in all       {found.total.plain:>14}")
