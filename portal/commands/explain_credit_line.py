"""`portal explain credit-line`: the line that would be suggested, part by part."""

import json
from decimal import Decimal
from typing import Any

import click

from portal.commands.explain_interest import AMOUNT
from portal.commands.line import Context, creditor_scope
from portal.core.money import Money
from portal.credit_lines import policies, rules
from portal.credit_lines.policies import Version

_REFUSED = 1


class _Number(click.ParamType):
    """A plain decimal number from nought to `most`."""

    name = "number"

    def __init__(self, most: int) -> None:
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        written = str(value)
        plain = written.isascii() and written.replace(".", "", 1).isdigit() and len(written) <= 12
        if not plain or Decimal(written) > self.most:
            self.fail(f"{value!r} is not a number from 0 to {self.most}", param, ctx)
        return Decimal(written)


@click.command("credit-line")
@click.option("--turnover", type=AMOUNT, required=True, help="Invoiced in twelve months, in euro: 100000.00")
@click.option("--on-time", type=_Number(1), help="The share that was paid in time, from 0 to 1.")
@click.option("--days-late", type=_Number(9999), help="The mean of days late, in time as 0.")
@click.option("--score", type=click.IntRange(0, 100), help="Objective data: 0 to 100, more is better.")
@click.option(
    "--creditor", "slug", metavar="SLUG", help="With this creditor's weights; without it those of the start."
)
@click.option("--policy", "number", type=click.IntRange(0), help="With that version of the creditor's weights.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def credit_line(
    context: Context,
    *,
    turnover: Money,
    on_time: Decimal | None,
    days_late: Decimal | None,
    score: int | None,
    slug: str | None,
    number: int | None,
    as_json: bool,
) -> None:
    """The credit line for such a customer. What is not said is not known, and has no say.

    Ends with 1 where too little is known to suggest one, with 2 when called wrongly.
    """
    policy = _policy(context, slug, number)
    facts = rules.Facts(turnover.minor, on_time, days_late, score)
    found = rules.suggest(facts, policy.weights)
    click.echo(json.dumps(_as_json(found, policy)) if as_json else _in_words(found, policy))
    if found.minor is None:
        raise click.exceptions.Exit(_REFUSED)


def _policy(context: Context, slug: str | None, number: int | None) -> Version:
    if slug is None:
        if number:
            raise click.UsageError("--policy needs --creditor")
        return policies.FIRST
    with creditor_scope(context, slug, writes=False):
        try:
            return policies.current() if number is None else policies.version(number)
        except LookupError as error:
            raise click.UsageError(f"there is no version {number}") from error


def _plain(minor: int) -> str:
    return Money(minor, "EUR").plain


def _as_json(found: rules.Suggestion, policy: Version) -> dict[str, Any]:
    return {
        "line": _plain(found.minor) if found.minor is not None else None,
        "turnover": _plain(found.facts.turnover_minor),
        "percent": policy.weights.turnover_percent,
        "base": _plain(found.base_minor),
        "parts": [
            {"name": part.name, "value": str(part.value), "counts_percent": rules.percent(part.factor),
             "weight": part.weight}
            for part in found.parts
        ],
        "quality_percent": rules.percent(found.quality) if found.quality is not None else None,
        "before_rounding": _plain(found.exact_minor) if found.exact_minor is not None else None,
        "policy": policy.number,
    }  # fmt: skip


def _in_words(found: rules.Suggestion, policy: Version) -> str:
    said = [str(one) for one in rules.why(found, policy.weights, _plain)]
    return "\n".join([*said, f"suggested    {_plain(found.minor):>14}" if found.minor is not None else "none"])
