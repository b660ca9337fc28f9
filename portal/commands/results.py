"""`portal results`: what debtors said and paid, as a file."""

from datetime import datetime
from pathlib import Path

import click

from portal.commands.line import Context, creditor_scope
from portal.sync import results as files

EPILOG = "Columns: " + "; ".join(f"{column.name} = {column.meaning}" for column in files.COLUMNS) + "."


@click.command("results", epilog=EPILOG)
@click.argument("slug")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was heard of on that day or later.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; default: the screen."
)
@click.pass_obj
def results(context: Context, slug: str, since: datetime | None, out: Path | None) -> None:
    """Writes the results of creditor SLUG as CSV: one line per due item (UTF-8, semicolons, decimal comma)."""
    with creditor_scope(context, slug, writes=False) as creditor:
        creditor_id, zone = creditor.id, creditor.time_zone
    pieces = files.lines(creditor_id, zone, since.date() if since else None)
    try:
        with click.open_file(str(out) if out else "-", "wb", atomic=out is not None) as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from error
