"""`portal privacy export|due|register`: a person's data taken out, what goes next, and where what stands."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from portal.commands.line import Context, creditor_scope
from portal.core import db, ids, scope
from portal.creditors import queries as creditors
from portal.privacy import actions, export, queries, retention
from portal.privacy.register import register
from portal.web import i18n


@click.group("privacy")
def group() -> None:
    """Personal data: taken out, and kept no longer than needed."""


@group.command("export")
@click.option("--creditor", "slug", required=True, metavar="SLUG")
@click.option("--debtor", "code", required=True, metavar="CODE", help="The creditor's own customer code.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@click.pass_obj
def take_out(context: Context, slug: str, code: str, out: Path) -> None:
    """Writes everything that is held about one customer as a ZIP: a summary, their documents, JSON."""
    with creditor_scope(context, slug) as creditor:
        debtor = queries.debtor_with_code(code)
        if debtor is None:
            raise click.UsageError(f"{slug} has no customer with the code {code}")
        actions.note_export(debtor.id)
        i18n.use(i18n.known(debtor.language) or i18n.DEFAULT)
        path = out / f"{ids.spell(debtor.id)}.zip"
        try:
            out.mkdir(parents=True, exist_ok=True)
            with click.open_file(str(path), "wb", atomic=True) as file:
                export.write(debtor, creditors.face(creditor.id), file)
        except OSError as error:
            raise click.UsageError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(path)


@group.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def due(context: Context, as_json: bool) -> None:
    """What goes next because its time is over, for every creditor."""
    context.app()
    with db.transaction(writes=False):
        everyone = [(one, creditors.by_id(one)) for one in creditors.all_ids()]
    rows: list[dict[str, Any]] = []
    for creditor_id, creditor in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            rows += [_as_json(creditor.slug, one) for one in retention.due(creditor.time_zone)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(
            f"{row['creditor']:16} {row['kind']:12} kept {row['kept_days']:>4} days  "
            f"{row['rows']:>8} rows  {row['due']:>6} due  next {row['next_on'] or '–'}"
        )


def _as_json(slug: str, one: retention.Due) -> dict[str, Any]:
    return {
        "creditor": slug,
        "kind": one.kind.key,
        "kept_days": one.kind.kept_for.days,
        "rows": one.rows,
        "due": one.due,
        "next_on": one.next_on.isoformat() if one.next_on else None,
    }


@group.command("register")
@click.option("--json", "as_json", is_flag=True)
def show_register(as_json: bool) -> None:
    """Where personal data stands: each table, each column that is not plain, why it is held and how long."""
    found = register()
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), indent=1))
        return
    for table in found.tables.values():
        click.echo(f"\n{table.name} · {found.bases[table.basis]} · {found.periods[table.keep].says}")
        for column in table.columns.values():
            if column.holds != "none":
                click.echo(
                    f"  {column.name:20} {column.holds:10} {column.act or ''}{' secret' if column.secret else ''}"
                )
