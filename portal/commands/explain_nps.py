"""`portal explain nps`: what answers say and how sure one may be, the formula with its numbers (rule E-01)."""

import json

import click

from portal.surveys import nps as rules

_WRONG_USAGE = 2
_COUNT = click.IntRange(min=0, max=1_000_000_000)


@click.command()
@click.argument("promoters", type=_COUNT)
@click.argument("passives", type=_COUNT)
@click.argument("detractors", type=_COUNT)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def nps(*, promoters: int, passives: int, detractors: int, as_json: bool) -> None:
    """NPS of so many PROMOTERS (9-10), PASSIVES (7-8) and DETRACTORS (0-6), with its interval (adjusted Wald)."""
    try:
        found = rules.score(rules.Tally(promoters, passives, detractors))
    except ValueError as error:
        click.echo("Error: without an answer there is no score", err=True)
        raise click.exceptions.Exit(_WRONG_USAGE) from error
    low, high = _points(found.low), _points(found.high)
    if as_json:
        said = {"n": found.n, "nps": _points(found.nps), "standard_error": _points(found.standard_error)}
        click.echo(json.dumps({**said, "interval": [low, high]}))
        return
    click.echo(f"100 × ({promoters} − {detractors}) / {found.n} answers = {_points(found.nps):.2f}")
    click.echo("standard error: 100 × √((p + d − (p − d)²) / n) = " + f"{_points(found.standard_error):.2f}")
    click.echo(f"with 95 % between {low:.2f} and {high:.2f} (adjusted Wald: n + 3, ¾ more on either end)")
    if found.n < rules.LEAST_SHOWN:
        click.echo(f"not shown on any page: {found.n} of {rules.LEAST_SHOWN} answers")


def _points(value: float) -> float:
    """To two places, without a minus before nought."""
    return round(value, 2) + 0.0
