"""`portal qr …`: codes to look at, to print, or to check against what a bank app reads."""

from pathlib import Path

import click

from portal.core import qr as codes
from portal.core.text import Text, t
from portal.payments.methods.bank_transfer import epc

PRINTED_MILLIMETRES = 40  # at least 0.5 mm a module for the largest EPC code, quiet zone included
_WRONG_USAGE = 2


@click.group(help="QR codes: for a bank transfer, or to open an invoice online.")
def qr() -> None:
    pass


@qr.command(name="epc", help="Print the payload of an EPC code (a credit transfer), byte for byte.")
@click.option("--name", default="", help="Account holder, as the bank has it (1-70 characters).")
@click.option("--iban", default="", help="Account, with or without blanks.")
@click.option("--bic", default="", help="Bank; needed for version 001 and outside the EEA.")
@click.option("--amount", help="Euro: 250, 250.00 or 1234,56; no thousands separators.")
@click.option("--reference", default="", help="RF reference (ISO 11649); not together with --text.")
@click.option("--text", default="", help="Free text, up to 140 characters.")
@click.option("--purpose", default="", help="Purpose code of up to four characters, like CHAR.")
@click.option("--info", default="", help="Information for the payer, up to 70 characters.")
@click.option("--version", default="002", show_default=True, help="001 or 002.")
@click.option("--charset", default="1", show_default=True, help="1 (UTF-8) to 8.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Also draw the code here.")
def epc_code(amount: str | None, charset: str, svg: Path | None, **fields: str) -> None:
    """Writes the exact bytes with nothing after them; a refusal is one line on stderr and exit 2."""
    try:
        payload = epc.encode(
            epc.EpcPayment(
                amount=None if amount is None else epc.read_amount(amount),
                charset=int(charset) if charset in set("12345678") else 0,
                **fields,
            )
        )
    except epc.EpcError as refusal:
        _refuse(refusal.text)
    if svg:
        drawing = codes.svg(payload, str(t("QR code for a bank transfer")), PRINTED_MILLIMETRES)
        try:
            svg.write_text(drawing.svg, encoding="utf-8")
        except OSError as error:
            _refuse(t("The file %(file)s cannot be written: %(why)s.", file=svg, why=error.strerror))
    click.echo(payload, nl=False)


def _refuse(why: Text) -> None:
    click.echo(f"Error: {why}", err=True)
    raise click.exceptions.Exit(_WRONG_USAGE)
