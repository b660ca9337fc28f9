"""`portal qr links`: the codes of many invoices for a print run, in a ZIP, named by invoice. `portal qr text`."""

import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import ColumnElement, func, select

from portal.commands.line import Context, creditor_scope
from portal.core import db, scope, spreadsheets
from portal.creditors import queries as creditors
from portal.debtors import links
from portal.debtors.models import Debtor
from portal.invoices import paper_code
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.web import i18n

PIECE = 200  # invoices in one transaction
INDEX, TEXTS = "index.csv", "text.txt"
COLUMNS = ("number", "issued_on", "debtor_code", "file", "address")
_UNSAFE = re.compile(r"[^\w.-]+")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="links")
@click.option("--creditor", "slug", required=True)
@click.option(
    "--zip", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write."
)
@click.option("--format", "kind", type=click.Choice(["svg", "png"]), default="svg", show_default=True)
@click.option("--issued-since", type=_DAY, help="Only invoices of that day or later.")
@click.option("--issued-until", type=_DAY, help="Only invoices of that day or earlier.")
@click.option("--all", "paid_too", is_flag=True, help="Those of which nothing is open, too.")
@click.pass_obj
def qr_links(
    context: Context, *, slug: str, target: Path, kind: str, issued_since: datetime | None,
    issued_until: datetime | None, paid_too: bool,
) -> None:  # fmt: skip
    """Writes a ZIP with one code for each open invoice, named by its number, and index.csv with what is whose.

    An invoice keeps its code as long as it opens: stopped and run again, it writes the same.
    """
    wanted = _wanted(issued_since, issued_until, paid_too=paid_too)
    with creditor_scope(context, slug, writes=False) as creditor:
        creditor_id = creditor.id
        count = int(db.session().scalar(select(func.count()).select_from(Invoice).where(*wanted)) or 0)
        language = creditors.in_scope().language
    if not count:
        raise click.UsageError("there is no such invoice")
    part = target.with_name(target.name + ".part")
    try:
        _write(part, _pieces(creditor_id, wanted, kind), kind, language, count)
        part.replace(target)
    except OSError as error:
        raise click.UsageError(f"{target} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{count} codes: {target}")


def _wanted(since: datetime | None, until: datetime | None, *, paid_too: bool) -> list[ColumnElement[bool]]:
    found = [Invoice.kind == "invoice", Invoice.withdrawn_at.is_(None)]
    if since is not None:
        found.append(Invoice.issued_on >= since.date())
    if until is not None:
        found.append(Invoice.issued_on <= until.date())
    if not paid_too:
        still = (
            select(DueItem.invoice_id).join(Receivable, Receivable.id == DueItem.id).where(Receivable.open_minor > 0)
        )
        found.append(Invoice.id.in_(still))
    return found


Row = tuple[str, date, str, str, bytes]  # number, day of issue, customer's code, address, picture


def _pieces(creditor_id: int, wanted: Sequence[Any], kind: str) -> Iterator[list[Row]]:
    """The invoices a piece at a time, each in a transaction of its own: codes are made in it."""
    last = 0
    while True:
        with db.transaction():
            scope.enter(creditor_id)
            title = i18n.say(paper_code.TITLE, creditors.in_scope().language)
            rows = db.session().execute(
                select(Invoice, Debtor.code)
                .join(Debtor, Debtor.id == Invoice.debtor_id)
                .where(*wanted, Invoice.id > last)
                .order_by(Invoice.id)
                .limit(PIECE)
            )
            found = []
            for invoice, code in rows:
                last = invoice.id
                link = paper_code.make(invoice)
                picture = paper_code.drawing(link, title).encode() if kind == "svg" else paper_code.dots(link)
                address = links.address(link.id, links.QR)
                found.append((invoice.number, invoice.issued_on, code, address, picture))
        if found:
            yield found
        if len(found) < PIECE:
            return


def _write(part: Path, pieces: Iterator[list[Row]], kind: str, language: str, count: int) -> None:
    names: set[str] = set()
    index: list[tuple[str, ...]] = [COLUMNS]
    shown = click.progressbar(length=count, label="codes", file=sys.stderr)
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive, shown as bar:
        for piece in pieces:
            for number, issued_on, code, address, picture in piece:
                name = f"{_named(number, issued_on, code, names)}.{kind}"
                archive.writestr(name, picture)
                index.append((number, issued_on.isoformat(), code, name, address))
            bar.update(len(piece))
        archive.writestr(INDEX, spreadsheets.file(index))
        archive.writestr(TEXTS, _texts(language))


def _named(number: str, issued_on: date, code: str, taken: set[str]) -> str:
    """`12_2026` for 12/2026; where two would be called so, with the year, then the customer's code, then a count."""
    base = _UNSAFE.sub("_", number).strip("._") or "invoice"
    longer = (base, f"{base}-{issued_on.year}", f"{base}-{issued_on.year}-{_UNSAFE.sub('_', code)}")
    name = next((one for one in longer if one.casefold() not in taken), None)
    place = 2
    while name is None:
        found = f"{longer[-1]}-{place}"
        name, place = (found if found.casefold() not in taken else None), place + 1
    taken.add(name.casefold())
    return name


def _texts(first: str) -> str:
    codes = sorted(i18n.languages(), key=lambda one: (one != first, one))
    return "".join(f"{i18n.languages()[one].own_name}\n{i18n.say(paper_code.WORDS, one)}\n\n" for one in codes)


@click.command(name="text")
@click.option(
    "--language", type=click.Choice(sorted(i18n.languages())), help="One of the portal's; without it all of them."
)
def qr_text(language: str | None) -> None:
    """Prints what an invoice may say beside its code, for its layout."""
    click.echo(i18n.say(paper_code.WORDS, language) if language else _texts("it"), nl=language is not None)
