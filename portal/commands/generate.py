"""`portal generate`: a creditor with believable customers and years of history, from a seed."""

import sys
import time
from datetime import date, datetime

import click

from portal.commands.line import Context
from portal.core import clock, installation
from portal.core.errors import PortalError
from portal.histories import running
from portal.histories.running import Progress, Wanted

_BAR = 30


@click.command()
@click.option("--creditor", "slug", required=True, metavar="SLUG", help="Made where it is not there.")
@click.option("--debtors", type=click.IntRange(1, 900_000), default=200, show_default=True)
@click.option("--invoices", type=click.IntRange(1, 20_000_000), default=4_000, show_default=True)
@click.option("--years", type=click.IntRange(1, 5), default=2, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same, to the last id.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; default: yesterday.")
@click.option("--fresh", is_flag=True, help="Begin anew; what is there stays, under another slug.")
@click.pass_obj
def generate(
    context: Context, *, slug: str, debtors: int, invoices: int, years: int, seed: int, until: datetime | None,
    fresh: bool,
) -> None:  # fmt: skip
    """Invents customers with characters, seasons, excuses, promises and payments; nobody in it is anybody.

    It can be stopped at any moment: the same command goes on from there. Not on an installation in production.
    """
    context.app()
    if installation.settings().in_production:
        raise click.UsageError("invented customers do not belong into production")
    aside = running.set_aside(slug) if fresh else None
    if aside is not None:
        click.echo(f"What was there is called {aside} now.")
    last = until.date() if until is not None else running.begun(slug, years) or _yesterday()
    wanted = Wanted(slug, debtors, invoices, years, seed, last)
    bar = _Bar(wanted)
    try:
        done = running.write(wanted, bar.show)
    except PortalError as error:
        raise click.UsageError(str(error.text)) from error
    bar.end()
    click.echo(
        f"{slug}: {done.debtors} customers, {done.documents} invoices until {last.isoformat()}; "
        f"{done.rows} rows written."
    )


def _yesterday() -> date:
    return date.fromordinal(clock.today().toordinal() - 1)


class _Bar:
    """How far it has come, on one line of a terminal; nothing where nobody watches."""

    def __init__(self, wanted: Wanted) -> None:
        self.of = wanted.documents
        self.began = time.perf_counter()
        self.watched = sys.stderr.isatty()

    def show(self, done: Progress) -> None:
        if not self.watched:
            return
        full = _BAR * done.documents // self.of
        seconds = time.perf_counter() - self.began
        rate = done.rows / seconds if seconds else 0
        click.echo(
            f"\r[{'#' * full}{'.' * (_BAR - full)}] {done.documents}/{self.of} invoices, {rate:.0f} rows/s ",
            nl=False,
            err=True,
        )

    def end(self) -> None:
        if self.watched:
            click.echo(err=True)
