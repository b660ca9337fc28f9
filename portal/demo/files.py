"""The files that the company hands over: its accounting package's list, its newest e-invoices, one ZIP."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from portal.demo.accounting_export import ledger_csv
from portal.demo.company import DEFAULT_SEED, World, world
from portal.demo.courtesy_copy import courtesy_copy
from portal.demo.fatturapa import fatturapa, file_name
from portal.demo.invoices import Invoice, Source
from portal.demo.people import Debtor

_ZIPPED = 12  # how many of the newest files come together
_STAMP = (1980, 1, 1, 0, 0, 0)  # a ZIP of the same files has the same bytes


@dataclass(frozen=True, slots=True)
class DebtorContact:
    """How to reach a customer whom only e-invoices name: those have no field for it."""

    debtor_code: str
    name: str
    vat_number: str | None
    tax_code: str | None
    email: str | None
    phone: str | None
    language: str
    postcode: str


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What was written and what is true about it; `paths` in the order in which to import them."""

    world: World
    ledger: Path
    e_invoices: tuple[Path, ...]
    archive: Path
    debtor_contacts: tuple[DebtorContact, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.ledger, *self.e_invoices, self.archive)


def write_files(directory: Path, today: date, seed: int = DEFAULT_SEED) -> DemoFiles:
    """Writes everything under `directory` (made if missing), byte for byte the same for one day and seed."""
    directory.mkdir(parents=True, exist_ok=True)
    made = world(today, seed)
    exported = [invoice for invoice in made.invoices if invoice.source is Source.LEDGER_EXPORT]
    ledger = directory / f"scadenzario-{today:%Y-%m-%d}.csv"
    ledger.write_bytes(ledger_csv(exported))

    documents = list(_documents(made))
    loose, zipped = documents[:-_ZIPPED], documents[-_ZIPPED:]
    for name, content in loose:
        (directory / name).write_bytes(content)
    archive = directory / "fatture-elettroniche.zip"
    _write_zip(archive, zipped)
    return DemoFiles(
        world=made,
        ledger=ledger,
        e_invoices=tuple(directory / name for name, _ in loose),
        archive=archive,
        debtor_contacts=tuple(_contacts(made, exported)),
    )


def _documents(made: World) -> Iterator[tuple[str, bytes]]:
    """Each e-invoice file with its name; two bodies share a file when one customer got both on one day."""
    electronic = [invoice for invoice in made.invoices if invoice.source is Source.E_INVOICE]
    window = made.today + timedelta(days=10)
    for position, together in enumerate(_by_customer_and_day(electronic)):
        copies = {
            invoice.number: courtesy_copy(made.creditor, invoice)
            for invoice in together
            if any(item.due_on <= window for item in invoice.due_items)
        }
        progressive = position + 1
        yield (
            file_name(made.creditor, progressive),
            fatturapa(made.creditor, together, progressive, copies),
        )


def _by_customer_and_day(invoices: Sequence[Invoice]) -> list[list[Invoice]]:
    groups: dict[tuple[str, date, bool], list[Invoice]] = {}
    for invoice in invoices:
        groups.setdefault((invoice.debtor.code, invoice.issued_on, invoice.credit_note), []).append(invoice)
    return list(groups.values())


def _write_zip(archive: Path, documents: Sequence[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(archive, "w") as bundle:
        for name, content in documents:
            member = zipfile.ZipInfo(name, _STAMP)
            member.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(member, content)


def _contacts(made: World, exported: Sequence[Invoice]) -> Iterator[DebtorContact]:
    known = {invoice.debtor.code for invoice in exported}
    for debtor in made.debtors:
        if debtor.code not in known:
            yield _contact(debtor)


def _contact(debtor: Debtor) -> DebtorContact:
    return DebtorContact(
        debtor_code=debtor.code,
        name=debtor.name,
        vat_number=debtor.vat_number,
        tax_code=debtor.tax_code,
        email=debtor.email,
        phone=debtor.phone,
        language=debtor.language,
        postcode=debtor.postcode,
    )
