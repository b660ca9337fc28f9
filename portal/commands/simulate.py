"""`portal simulate`: the real code under a clock of its own, among doubles that fail; one seed, or thousands."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from portal.commands.line import Context
from portal.core.errors import Misconfigured
from portal.simulator import many, running, staging
from portal.simulator.ground import ENGINES

_BAR = 30


@click.command()
@click.option("--seed", type=int, help="The one seed to play.")
@click.option("--seeds", type=click.IntRange(1), help="How many seeds to play, from --first on.")
@click.option("--first", type=int, default=1, show_default=True, help="The first of many seeds.")
@click.option("--steps", type=click.IntRange(1), default=40, show_default=True, help="Steps for each seed.")
@click.option("--engine", type=click.Choice(ENGINES), default="sqlite", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes for many seeds.")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of seeds that are done: goes on from there.",
)
@click.option("--trace", is_flag=True, help="Shows every step of the one seed; its digest is in --json.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def simulate(
    context: Context,
    *,
    seed: int | None,
    seeds: int | None,
    first: int,
    steps: int,
    engine: str,
    workers: int,
    keep: Path | None,
    trace: bool,
    as_json: bool,
) -> None:
    """Debtors, creditors, providers and failures, played from a seed; every invariant is asked after every step.

    A failing seed fails again in exactly the same way. Ends with 1 when anything did not hold.
    """
    if (seed is None) == (seeds is None):
        raise click.UsageError("say --seed N for one, or --seeds N for many")
    try:
        if seed is not None:
            sys.exit(_one(context, seed, steps, engine, trace=trace, as_json=as_json))
        wanted = range(first, first + (seeds or 0))
        sys.exit(_many(context, wanted, steps, engine=engine, workers=workers, keep=keep, as_json=as_json))
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error


def _one(context: Context, seed: int, steps: int, engine: str, *, trace: bool, as_json: bool) -> int:
    with staging.opened(context.create_app, engine) as stage:
        tell = (lambda line: click.echo(line, err=as_json)) if trace else _quiet
        report = running.run(stage, seed, steps, watch=tell)
    if as_json:
        click.echo(json.dumps(report.as_json(with_digest=trace), indent=1))
    else:
        broken = sum(report.faults.values())
        click.echo(f"Seed {seed}, {steps} steps, {broken} faults: {_verdict(report.as_json())}")
        _show(report.as_json())
    return 1 if report.violations else 0


def _quiet(_line: str) -> None:
    """Nobody watches."""


def _many(
    context: Context, seeds: range, steps: int, *, engine: str, workers: int, keep: Path | None, as_json: bool
) -> int:
    def tell(summary: many.Summary, one: dict[str, Any]) -> None:
        if one["violations"] and not as_json:
            click.echo(f"\rSeed {one['seed']}: {_verdict(one)}{' ' * _BAR}", err=True)
        _bar(summary, len(seeds))

    summary = many.run(
        context.create_app,
        seeds,
        steps,
        engine=engine,
        workers=min(workers, os.cpu_count() or 1),
        kept=keep,
        tell=tell,
    )
    if sys.stderr.isatty():
        click.echo(err=True)
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=1))
    else:
        _summarise(summary, len(seeds), steps, engine)
    return 1 if summary.failed else 0


def _bar(summary: many.Summary, of: int) -> None:
    """How far it has come, on one line of a terminal; nothing where nobody watches."""
    if not sys.stderr.isatty():
        return
    full = _BAR * summary.seeds // of
    rate = summary.steps / summary.seconds if summary.seconds else 0
    click.echo(
        f"\r[{'#' * full}{'.' * (_BAR - full)}] {summary.seeds}/{of} seeds, {rate:.0f} steps/s, "
        f"{len(summary.failed)} failed",
        nl=False,
        err=True,
    )


def _summarise(summary: many.Summary, of: int, steps: int, engine: str) -> None:
    click.echo(
        f"{summary.seeds} of {of} seeds of {steps} steps on {engine} in {summary.seconds:.0f} s, "
        f"{sum(summary.faults.values())} faults: {len(summary.failed)} failed"
    )
    for kind, times in sorted(summary.faults.items()):
        click.echo(f"  {kind:22} {times:8}")
    for one in summary.failed:
        click.echo(f"Seed {one['seed']}: {_verdict(one)}")
        _show(one)
        click.echo(f"  again: portal simulate --seed {one['seed']} --steps {one['steps']} --engine {engine} --trace")


def _verdict(one: dict[str, Any]) -> str:
    return f"{len(one['violations'])} violations" if one["violations"] else "everything held"


def _show(one: dict[str, Any]) -> None:
    for violation in one["violations"]:
        click.echo(f"  step {violation['step']}: {violation['invariant']}: {violation['what']}")
