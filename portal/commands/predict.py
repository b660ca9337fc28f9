"""`portal predict …`: how well late payment is foreseen, judged on what really happened."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import cast

import click

from portal.commands.line import Context, creditor_scope, printable
from portal.imports.documents import Document, Refusal
from portal.imports.options import DateOrder, ReadOptions
from portal.imports.reading import read_files
from portal.late_risk import evaluating, jobs
from portal.late_risk.evaluating import Report
from portal.late_risk.judging import Judgement
from portal.late_risk.past import Owed

_NAMES = {
    evaluating.BASELINE: "late as before",
    evaluating.RULES: "the rules",
    evaluating.MODEL: "the model",
}


@click.group("predict")
def group() -> None:
    """Late payment foreseen: judged, and learned."""


@group.command("evaluate")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.option("--date-format", type=click.Choice(["dmy", "mdy", "ymd"]), help="The order of day, month and year.")
@click.option("--split", type=click.DateTime(["%Y-%m-%d"]), help="What was issued from this day on is judged.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def evaluate(
    _context: Context, *, files: tuple[Path, ...], date_format: str | None, split: datetime | None, as_json: bool
) -> None:
    """Judges the foresight on invoices with the days on which they were settled: all that `import invoices` reads.

    Split by time: what was known on the day of the split is learned from, what was issued later is judged, each
    item by what was known on the day of its issue. Needs no database. Ends with 2 when there is too little.
    """
    options = ReadOptions(date_format=cast(DateOrder | None, date_format))
    items = list(_owed(files, options))
    settled = [one.settled_on for one in items if one.settled_on is not None]
    try:
        report = evaluating.evaluate(
            items, split=split.date() if split is not None else None, until=max(settled, default=date.max)
        )
    except evaluating.TooLittle as error:
        raise click.UsageError(str(error)) from error
    click.echo(json.dumps(report.as_json(), indent=1) if as_json else in_words(report))


@group.command("learn")
@click.argument("slug")
@click.pass_obj
def learn(context: Context, slug: str) -> None:
    """Learns from creditor SLUG's own history now, as the worker does each week, and says how good it was.

    Without the extra `ml` the rules are judged alone. Ends with 1 when there is too little to judge.
    """
    with creditor_scope(context, slug, writes=False) as creditor:
        creditor_id = creditor.id
    report = jobs.learn(creditor_id)
    if report is None:
        click.echo("There are too few settled items to judge anything: the rules are used.", err=True)
        raise SystemExit(1)
    click.echo(in_words(report))


def _owed(files: tuple[Path, ...], options: ReadOptions) -> Iterator[Owed]:
    for reading in read_files(files, options):
        for found in reading:
            if isinstance(found, Refusal):
                click.echo(f"{printable(reading.file)}: {found.where}: {found.message}", err=True)
            elif found.kind == "invoice":
                yield from _items(found)


def _items(document: Document) -> Iterator[Owed]:
    for one in document.due_items:
        yield Owed(document.debtor.key, document.currency, one.amount.minor, document.issued_on, one.due_on,
                   one.settled_on)  # fmt: skip


def in_words(report: Report) -> str:
    """The report as tables for a terminal; the same stand in docs/predict.md."""
    lines = [
        f"Learned from {report.learned} items whose outcome was known on {report.split.isoformat()}; "
        f"judged on {report.judged} issued from then on.",
        "",
        f"{'':16} {'AUC':>7} {'Brier':>7} {'off by':>7}",
        *(_line(_NAMES[name], one) for name, one in report.judgements.items()),
    ]
    if report.why_no_model is not None:
        lines += ["", f"No model: {report.why_no_model}"]
    for name, one in report.judgements.items():
        lines += ["", f"{_NAMES[name]}: what was said, and what happened"]
        lines += [f"  {b.low:3}–{b.high:3} %  {b.items:6} items  said {b.said:6.1%}  late {b.happened:6.1%}"
                  for b in one.bins]  # fmt: skip
    used = "the model: it beat the rules at both" if report.is_better else "the rules"
    return "\n".join([*lines, "", f"Used here: {used}."])


def _line(name: str, one: Judgement) -> str:
    auc = "–" if one.auc is None else f"{one.auc:.4f}"
    return f"{name:16} {auc:>7} {one.brier:7.4f} {one.off:7.4f}"
