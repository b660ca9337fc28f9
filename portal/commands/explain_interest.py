"""`portal explain interest` and `portal explain due-date`: late payment reckoned row by row, as the law has it."""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

from portal.core.money import Money, from_decimal
from portal.interest import due_dates, rates, rules
from portal.interest.rates import Period, Regime, Unverified
from portal.interest.rules import Row

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_REFUSED = 1


class _Amount(click.ParamType):
    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Money:
        if isinstance(value, Money):
            return value
        if not _AMOUNT.fullmatch(str(value)) or not Decimal(str(value)):
            self.fail(f"{value!r} is not an amount like 10000.00", param, ctx)
        return from_decimal(Decimal(str(value)), "EUR")


class _Day(click.ParamType):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"{value!r} is not a day like 2026-11-15", param, ctx)


AMOUNT, DAY = _Amount(), _Day()


@click.command()
@click.option("--capital", type=AMOUNT, required=True, help="What was due, in euro, VAT included: 10000.00")
@click.option(
    "--due", "due_on", type=DAY, required=True, help="The due date as stated: interest counts from the day after."
)
@click.option("--paid", "paid_on", type=DAY, required=True, help="The day of payment: the last day that counts.")
@click.option(
    "--regime",
    type=click.Choice([one.value for one in Regime]),
    required=True,
    help="b2b: D.Lgs. 231/2002. consumer: the legal rate of art. 1284 c.c.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def interest(*, capital: Money, due_on: date, paid_on: date, regime: str, as_json: bool) -> None:
    """Interest of late payment: capital × rate × days / 36500, a row per period, each rounded (rule B-51).

    Ends with 1 where a rate is not verified, with 2 when called wrongly.
    """
    try:
        rows = rules.late_interest(capital, due_on, paid_on, Regime(regime))
    except Unverified as unknown:
        click.echo(f"Error: {unknown}", err=True)
        raise click.exceptions.Exit(_REFUSED) from unknown
    if as_json:
        click.echo(json.dumps(_as_json(rows), ensure_ascii=False))
    else:
        _show(rows)


def _as_json(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "rows": [
            {
                "from": row.first.isoformat(),
                "to": row.last.isoformat(),
                "days": row.days,
                "rate": rates.shown(row.rate),
                "amount": row.amount.plain,
            }
            for row in rows
        ],
        "total": rules.sum_of(rows, "EUR").plain,
        "sources": [_source(row.period) for row in rows],
    }


def _source(period: Period) -> dict[str, str]:
    return {
        "period": period.name,
        "rate": rates.shown(period.rate),
        "source": period.source,
        "verified_by": period.verified_by or "",
        "verified_at": period.verified_at.isoformat() if period.verified_at else "",
    }


def _show(rows: Sequence[Row]) -> None:
    click.echo(f"{'from':10}  {'to':10}  {'days':>5}  {'rate %':>7}  {'amount':>14}")
    for row in rows:
        click.echo(
            f"{row.first.isoformat()}  {row.last.isoformat()}  {row.days:>5}  {rates.shown(row.rate):>7}"
            f"  {row.amount.plain:>14}"
        )
    click.echo(f"{'total':10}  {'':10}  {'':5}  {'':7}  {rules.sum_of(rows, 'EUR').plain:>14}")
    for row in rows:
        period = row.period
        click.echo(f"{period.name}: {rates.shown(period.rate)} %, {period.source} (checked: {period.verified_by})")


@click.command("due-date")
@click.argument("stated", metavar="DATE", type=DAY)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def due_date(stated: date, as_json: bool) -> None:
    """Until when what is due on DATE can be paid in time: a Sunday or public holiday moves it (rule B-54)."""
    found = due_dates.due_date(stated)
    if as_json:
        answer = {"stated": found.stated.isoformat(), "effective": found.effective.isoformat(), "why": found.why}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(f"stated:    {found.stated.isoformat()}")
    click.echo(f"effective: {found.effective.isoformat()}")
    click.echo(f"why:       {found.why}")
