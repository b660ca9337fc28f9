"""`portal import ratings FILE`: objective data about customers, shown before anything is kept, or taken in."""

import json
import sys
from pathlib import Path

import click

from portal.commands.import_statement import group
from portal.commands.line import Context, creditor_scope
from portal.core import clock
from portal.credit_lines import ratings, ratings_file
from portal.credit_lines.ratings import Counts
from portal.credit_lines.ratings_file import Reading

__all__ = ["group", "take"]


@group.command("ratings")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--creditor", "slug", metavar="SLUG", help="Whose customers these are.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done; without --creditor it needs no database.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def take(context: Context, *, file: Path, slug: str | None, dry_run: bool, as_json: bool) -> None:
    """Reads a CSV with the columns customer, source, date, score (0 to 100) and note.

    The same line twice is one. Ends with 0 when nothing was refused, 1 when something was, 2 when called wrongly.
    """
    if slug is None and not dry_run:
        raise click.UsageError("--creditor is needed unless --dry-run")
    with file.open("rb") as opened:
        content = opened.read(ratings_file.MAX_BYTES + 1)
    counts, refusal = _counts(context, content, slug, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(_as_json(counts, refusal, dry_run=dry_run)))
    else:
        _show(counts, refusal)
    sys.exit(1 if refusal or counts.refused else 0)


def _counts(context: Context, content: bytes, slug: str | None, *, dry_run: bool) -> tuple[Counts, str]:
    if slug is None:
        reading = ratings_file.read(content, clock.today())
        return Counts(len(reading.rated), 0, reading.same, tuple(reading.refused)), _refusal(reading)
    with creditor_scope(context, slug, writes=not dry_run) as creditor:
        reading = ratings_file.read(content, clock.today(creditor.time_zone))
        return ratings.take_in(reading, write=not dry_run), _refusal(reading)


def _refusal(reading: Reading) -> str:
    return str(reading.refusal) if reading.refusal is not None else ""


def _as_json(counts: Counts, refusal: str, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "refused": [{"line": one.line, "why": str(one.why)} for one in counts.refused],
        "error": refusal or None,
    }


def _show(counts: Counts, refusal: str) -> None:
    if refusal:
        click.echo(f"Error: {refusal}", err=True)
        return
    click.echo(
        f"{counts.created} new, {counts.changed} changed, {counts.unchanged} as before, {len(counts.refused)} refused"
    )
    for one in counts.refused:
        click.echo(f"  line {one.line}: {one.why}")
