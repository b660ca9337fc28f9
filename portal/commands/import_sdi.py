"""`portal import sdi FILE…`: what the exchange system (SdI) says of the invoices, kept by invoice."""

import json
import sys
from collections import Counter
from pathlib import Path

import click

from portal.commands.import_invoices import group
from portal.commands.line import Context, creditor_scope, printable
from portal.sdi import taking_in
from portal.sdi.reading import read_files

__all__ = ["group", "sdi"]
_SHOWN = 50


@group.command("sdi")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.option("--creditor", "creditor_slug", metavar="SLUG", help="Whose invoices these messages are about.")
@click.option(
    "--dry-run", is_flag=True, help="Only show what would become of them; without a creditor, what they say."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def sdi(
    context: Context, *, files: tuple[Path, ...], creditor_slug: str | None, dry_run: bool, as_json: bool
) -> None:
    """Reads messages of the SdI (RC, NS, MC, NE, DT, AT, EC, SE, MT): XML, P7M, ZIP, or mails of certified post.

    Each is kept with its invoice, found by the name of its file. A rejected invoice is asked for no more until it is
    sent anew. Ends with 0 when nothing was refused, 1 when something was, 2 when called wrongly.
    """
    found = read_files([(str(path), path) for path in files])
    if creditor_slug is None:
        if not dry_run:
            raise click.UsageError("--creditor is needed unless --dry-run")
        report = taking_in.only_read(found)
    else:
        with creditor_scope(context, creditor_slug, writes=False) as creditor:
            creditor_id = creditor.id
        report = taking_in.run(creditor_id, found, keep=not dry_run)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        _show(report)
    sys.exit(1 if report.refusals else 0)


def _show(report: taking_in.Report) -> None:
    counts = Counter(one.outcome for one in report.told)
    said = ", ".join(f"{number} {outcome.replace('_', ' ')}" for outcome, number in sorted(counts.items()))
    click.echo(f"{said or 'no message'}; {len(report.refusals)} refused")
    for one in report.told[:_SHOWN]:
        about = f"invoice {one.invoice}" if one.invoice else one.message.file_name or "–"
        click.echo(f"  {one.message.kind} {printable(about)} ({one.message.sdi_id}): {one.outcome.replace('_', ' ')}")
    if len(report.told) > _SHOWN:
        click.echo(f"  … and {len(report.told) - _SHOWN} more; --json shows all")
    for refused in report.refusals[:_SHOWN]:
        click.echo(f"  REFUSED {printable(refused.file)}: {printable(str(refused.why))}")
