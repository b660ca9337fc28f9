"""`portal creditor …`: the first thing an empty installation needs."""

import json

import click

from portal.commands.line import Context
from portal.core import db
from portal.core.errors import PortalError
from portal.creditors import actions, queries
from portal.creditors.models import Creditor


@click.group("creditor")
def group() -> None:
    """Who is owed."""


@group.command()
@click.argument("slug")
@click.option("--name", required=True, help="The legal name, as on the invoices.")
@click.option("--display-name", help="Shown before anybody has proved anything: no word of debt in it.")
@click.option("--vat", "vat_number", help="VAT number.")
@click.option("--iban")
@click.option("--bic")
@click.option("--holder", "account_holder", help="Who the account belongs to, as the bank knows it.")
@click.option("--phone")
@click.option("--email")
@click.option("--contact", "contact_name", help="The human to reach.")
@click.option("--hours")
@click.option("--address")
@click.option("--language", default="it", show_default=True)
@click.option("--terms", "default_terms_days", type=click.IntRange(0, 365), default=30, show_default=True)
@click.option(
    "--fact",
    "gate_fact",
    type=click.Choice(["vat_or_tax_code", "customer_code", "postcode"]),
    default="vat_or_tax_code",
    show_default=True,
    help="What the gate asks for.",
)
@click.pass_obj
def add(context: Context, slug: str, name: str, **values: object) -> None:
    """Adds a creditor called SLUG."""
    context.app()
    given = {key: value for key, value in values.items() if value is not None}
    try:
        with db.transaction():
            actions.add(slug, name, **given)
    except PortalError as error:
        raise click.UsageError(str(error.text)) from error
    click.echo(f"added {slug}. Next: portal staff add EMAIL --creditor {slug} --role admin")


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def show(context: Context, as_json: bool) -> None:
    """Lists the creditors."""
    context.app()
    with db.transaction(writes=False):
        rows: list[Creditor] = [queries.by_id(one) for one in queries.all_ids()]
    if as_json:
        click.echo(json.dumps([{"slug": row.slug, "name": row.name} for row in rows], ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row.slug:30} {row.name}")
