"""The demo's creditor and its world on one day: deterministic, from a seed."""

import random
from dataclasses import dataclass
from datetime import date

from portal.demo.identifiers import partita_iva
from portal.demo.invoices import Invoice, PartPayment, number_all
from portal.demo.people import CAST, Debtor, debtors
from portal.demo.stories import Stories

DEFAULT_SEED = 20261121


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who is owed: all that `portal creditor add` and the debtor's page want to know."""

    slug: str
    legal_name: str
    display_name: str
    vat_number: str
    iban: str
    account_holder: str
    street: str
    postcode: str
    town: str
    province: str
    country: str
    email: str
    phone: str
    contact_name: str
    contact_hours: str
    website: str
    rea_number: str
    default_terms_days: int


CREDITOR = Creditor(
    slug="rossi",
    legal_name="Rossi Impianti S.r.l.",
    display_name="Rossi Impianti",
    vat_number=partita_iva(1, "096"),
    iban="IT60X0542811101000000123456",
    account_holder="Rossi Impianti S.r.l.",
    street="Via delle Officine 14",
    postcode="20900",
    town="Monza",
    province="MB",
    country="IT",
    email="amministrazione@rossi-impianti.example",
    phone="+390390000142",
    contact_name="Giulia Ferrari",
    contact_hours="lun–ven 9:00–12:30 e 14:00–17:30",
    website="https://www.rossi-impianti.example",
    rea_number="9999142",
    default_terms_days=30,
)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that was true on `today` before the portal came."""

    today: date
    creditor: Creditor
    debtors: tuple[Debtor, ...]
    invoices: tuple[Invoice, ...]

    @property
    def part_payments(self) -> tuple[PartPayment, ...]:
        """Money on account that no import file can say; to be posted after the imports."""
        return tuple(invoice.part_payment for invoice in self.invoices if invoice.part_payment)

    def debtor(self, part: str) -> Debtor:
        """Who plays `part` (a key of `people.CAST`); raises KeyError for an unknown part."""
        return next(debtor for debtor in self.debtors if debtor.code == CAST[part])


def world(today: date, seed: int = DEFAULT_SEED) -> World:
    """The company's world around `today`; the same day and seed give the same world."""
    people = debtors(today)
    drafts = Stories(people, today, random.Random(seed)).all()
    return World(today, CREDITOR, people, number_all(drafts, today))
