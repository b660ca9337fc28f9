"""`portal qr link`: the code to print on an invoice; the same invoice gets the same code while it opens."""

from datetime import date, datetime
from pathlib import Path

import click
from sqlalchemy import select

from portal.commands.line import Context, creditor_scope
from portal.core import db, installation
from portal.creditors import queries as creditors
from portal.debtors import links, typed_codes
from portal.invoices import paper_code
from portal.invoices.models import Invoice
from portal.web import i18n


@click.command(name="link")
@click.option("--creditor", "slug", required=True)
@click.option("--invoice", "number", required=True, help="The invoice's number, as printed.")
@click.option("--issued-on", type=click.DateTime(["%Y-%m-%d"]), help="Needed where two invoices have one number.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--typed", is_flag=True, help="Prints an address and a code to type, for letters.")
@click.pass_obj
def link(
    context: Context, *, slug: str, number: str, issued_on: datetime | None, svg: Path | None, typed: bool
) -> None:
    """Writes the code that opens one invoice online, and prints its address."""
    if typed == (svg is not None):
        raise click.UsageError("--svg FILE draws the code, --typed prints one to type: take one of them")
    with creditor_scope(context, slug):
        invoice = _one(number, issued_on.date() if issued_on else None)
        if svg is None:
            code = typed_codes.issue(invoice.debtor_id, invoice.id)[1]
            click.echo(f"{installation.settings().public_url}/t\n{code}")
            return
        found = paper_code.make(invoice)
        address = links.address(found.id, links.QR)
        drawn = paper_code.drawing(found, i18n.say(paper_code.TITLE, creditors.in_scope().language))
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
