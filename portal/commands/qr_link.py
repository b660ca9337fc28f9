"""`portal qr link`: the code to print on an invoice; the same invoice gets the same code while it opens."""

from datetime import date, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import select

from portal.commands.line import Context, creditor_scope
from portal.core import clock, db, qr
from portal.debtors import links
from portal.invoices.models import DueItem, Invoice

MILLIMETRES = 25  # a 33-module code printed at 20 mm or more, quiet zone included (rule A-80)
AFTER_DUE = timedelta(days=730)


@click.command(name="link")
@click.option("--creditor", "slug", required=True)
@click.option("--invoice", "number", required=True, help="The invoice's number, as printed.")
@click.option("--issued-on", type=click.DateTime(["%Y-%m-%d"]), help="Needed where two invoices have one number.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.pass_obj
def link(context: Context, slug: str, number: str, issued_on: datetime | None, svg: Path) -> None:
    """Writes the code that opens one invoice online, and prints its address."""
    with creditor_scope(context, slug):
        invoice = _one(number, issued_on.date() if issued_on else None)
        found = links.live_qr_link(invoice.id) or links.issue(
            invoice.debtor_id,
            purpose=links.QR,
            campaign="paper",
            expires_at=_expiry(invoice.id),
            invoice_id=invoice.id,
        )
        address = links.address(found.id, links.QR)
    svg.write_text(qr.svg(address, "Apri la fattura online", MILLIMETRES).svg)
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


def _expiry(invoice_id: int) -> datetime:
    """Two years after the last due date, the longest that paper is worth (rule A-09)."""
    last = db.session().scalar(
        select(DueItem.due_on).where(DueItem.invoice_id == invoice_id).order_by(DueItem.due_on.desc()).limit(1)
    )
    day = last or clock.today()
    return datetime.combine(day, datetime.min.time(), tzinfo=clock.now().tzinfo) + AFTER_DUE
