"""Who owes: some 40 invented customers around Monza, from the two tables beside this file.

Mail addresses stand under example domains; Italian numbers of this shape are given to nobody.
"""

import csv
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from portal.demo.identifiers import body_tax_code, partita_iva, personal_tax_code, swiss_uid


class Kind(Enum):
    """What a customer is; it decides how it is invoiced."""

    COMPANY = "company"
    SOLE_TRADER = "sole trader"
    UTILITY = "company owned by towns"  # split payment, not a public body itself
    CONDOMINIUM = "condominium"  # withholds 4 % of building work
    PARISH = "parish"
    FOREIGN = "foreign company"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Debtor:
    """One customer as the accounting package knows it; `given` and `surname` only for natural persons."""

    code: str
    name: str
    kind: Kind
    vat_number: str | None
    tax_code: str | None
    street: str
    postcode: str
    town: str
    province: str
    country: str
    email: str | None
    phone: str | None
    language: str
    given: str | None = None
    surname: str | None = None
    born: date | None = None

    @property
    def consumer(self) -> bool:
        return self.kind is Kind.CONSUMER


# The parts in the demo's stories: whom the printed start page, the README and the journeys name.
CAST = {
    "clerk": "C0101",
    "caring": "C0102",
    "split_payment": "C0105",
    "condominium": "C0106",
    "parish": "C0107",
    "disputed": "C0112",
    "late": "C0116",
    "part_paid": "C0120",
    "instalments": "C0113",
    "foreign": "C0128",
    "elderly": "C0201",
    "english": "C0211",
    "no_email": "C0214",
}

_SOLE_TRADERS = {
    "C0109": ("Elena", "Riva", "F", date(1979, 5, 14)),
    "C0110": ("Fabio", "Colombo", "M", date(1971, 11, 30)),
    "C0111": ("Anna", "Pozzi", "F", date(1988, 3, 2)),
    "C0124": ("Paolo", "Vismara", "M", date(1966, 8, 21)),
}


def debtors(today: date) -> tuple[Debtor, ...]:
    """Everyone who owes, in the order of their codes; ages hold on `today`."""
    organisations = [_organisation(row) for row in _rows("organisations.csv")]
    return (*organisations, *(_person(row, today) for row in _rows("persons.csv")))


def _rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _organisation(row: dict[str, str]) -> Debtor:
    code, kind, serial = row["code"], Kind[row["kind"]], int(row["code"][1:])
    foreign = kind is Kind.FOREIGN
    given, surname, tax_code = None, None, None
    if kind is Kind.SOLE_TRADER:
        given, surname, sex, born = _SOLE_TRADERS[code]
        tax_code = personal_tax_code(surname, given, born, sex)
    if foreign:
        vat_number: str | None = swiss_uid(serial % 100)
    elif kind in {Kind.CONDOMINIUM, Kind.PARISH}:
        vat_number, tax_code = None, body_tax_code(serial, row["tax_office"])
    else:
        vat_number = partita_iva(serial, row["tax_office"])
        tax_code = tax_code or vat_number
    return Debtor(
        code=code,
        name=row["name"],
        kind=kind,
        vat_number=vat_number,
        tax_code=tax_code,
        street=row["street"],
        postcode=row["postcode"],
        town=row["town"],
        province=row["province"],
        country="CH" if foreign else "IT",
        email=f"{row['mailbox']}@{row['domain']}.example",
        phone=None if foreign else f"+39039000{serial:04d}",
        language="it",
        given=given,
        surname=surname,
    )


def _person(row: dict[str, str], today: date) -> Debtor:
    given, surname, serial = row["given"], row["surname"], int(row["code"][1:])
    month, day = 1 + serial % 12, 1 + serial * 7 % 28
    not_yet = (month, day) > (today.month, today.day)
    born = date(today.year - int(row["age"]) - not_yet, month, day)
    mailbox = f"{given}.{surname}".lower().replace("ò", "o").replace("'", "")
    return Debtor(
        code=row["code"],
        name=f"{given} {surname}",
        kind=Kind.CONSUMER,
        vat_number=None,
        tax_code=personal_tax_code(surname, given, born, row["sex"], abroad=row["language"] == "en"),
        street=row["street"],
        postcode=row["postcode"],
        town=row["town"],
        province=row["province"],
        country="IT",
        email=f"{mailbox}@{row['domain']}" if row["domain"] else None,
        phone=f"+39399555{serial:04d}",  # 399 is no operator's prefix
        language=row["language"],
        given=given,
        surname=surname,
        born=born,
    )
