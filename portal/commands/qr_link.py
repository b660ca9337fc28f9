"""`portal qr link`: the code to print on an invoice; the same invoice gets the same code while it opens."""

from datetime import date, datetime
from pathlib import Path

import click
from sqlalchemy import select

from portal.commands.line import Context, creditor_scope
from portal.core import db
from portal.debtors import links
from portal.inbox import paper_code
from portal.invoices.models import Invoice


@click.command(name="link")
@click.option("--creditor", "slug", required=True)
@click.option("--invoice", "number", required=True, help="The invoice's number, as printed.")
@click.option("--issued-on", type=click.DateTime(["%Y-%m-%d"]), help="Needed where two invoices have one number.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.pass_obj
def link(context: Context, slug: str, number: str, issued_on: datetime | None, svg: Path) -> None:
    """Writes the code that opens one invoice online, and prints its address."""
    with creditor_scope(context, slug):
        found = paper_code.make(_one(number, issued_on.date() if issued_on else None))
        address = links.address(found.id, links.QR)
        drawn = paper_code.drawing(found, "Apri la fattura online")
    svg.write_text(drawn)
    click.echo(address)


def _one(number: str, issued_on: date | None) -> Invoice:
    statement = select(Invoice).where(Invoice.number == number, Invoice.kind == "invoice")
    if issued_on is not None:
        statement = statement.where(Invoice.issued_on == issued_on)
    found = db.session().scalars(statement.limit(2)).all()
    if not found:
        raise click.UsageError(f"there is no invoice {number}")
    if len(found) > 1:
        raise click.UsageError(f"several invoices are called {number}: say which with --issued-on")
    return found[0]
