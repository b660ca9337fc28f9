"""`portal explain …`: every figure explains itself, the formula and what went into it."""

import json

import click

from portal.commands import explain_credit_line, explain_interest, explain_nps, explain_plan, kpi
from portal.core import readability

_WRONG_USAGE = 2


@click.group("explain")
def group() -> None:
    """How a figure comes about."""


group.add_command(explain_interest.interest)
group.add_command(explain_interest.due_date)
group.add_command(explain_plan.plan)
group.add_command(explain_credit_line.credit_line)
group.add_command(kpi.explain)
group.add_command(explain_nps.nps)


@group.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True)
def gulpease(text: str, as_json: bool) -> None:
    """How easily an Italian TEXT is read: 0 is hard, 100 easy (rule E-60)."""
    try:
        found = readability.gulpease(text)
    except ValueError as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(_WRONG_USAGE) from error
    raw, score = round(found.raw, 2), round(found.score, 2)
    if as_json:
        counted = {"sentences": found.sentences, "words": found.words, "letters": found.letters}
        click.echo(json.dumps({**counted, "raw": raw, "score": score}))
        return
    click.echo(
        f"89 + (300 × {found.sentences} sentences − 10 × {found.letters} letters) / {found.words} words = {raw}"
    )
    click.echo(f"Gulpease {score:g} of 100: {_who_reads_it(found.score)}")


def _who_reads_it(score: float) -> str:
    """The usual reading of the scale."""
    if score >= 80:
        return "easy for everybody"
    if score >= 60:
        return "hard for those who left school after five years"
    if score >= 40:
        return "hard for those who left school after eight years"
    return "hard for those who left school after thirteen years"
