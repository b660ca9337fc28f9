"""Who takes part: two creditors, each with an own Stripe account and an own ERP, and their debtors.

Founded once for every database, through the product's own actions; what each seed begins from.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal.calls import actions as calls
from portal.calls.rules import Hours
from portal.core import clock, db, ids, scope
from portal.creditors import actions as creditors
from portal.debtors import actions as debtors
from portal.debtors.models import Debtor
from portal.doubles.stripe import PLATFORM_KEY
from portal.interest import actions as interest
from portal.payments import accounts
from portal.people import actions as people
from portal.people.roles import Role
from portal.webhooks import actions as webhooks

FOUNDED_AT = datetime(2026, 1, 8, 9, 0, tzinfo=UTC)  # a Thursday morning; every seed begins later
PUBLIC_URL = "http://portal.test"


@dataclass(frozen=True, slots=True)
class Person:
    """A debtor, with what only they (and their creditor) know."""

    creditor_id: int
    debtor_id: int
    code: str
    name: str
    kind: str
    email: str
    vat_number: str | None
    tax_code: str | None
    ip: str

    @property
    def fact(self) -> str:
        return (self.vat_number or self.tax_code or "")[-4:]


@dataclass(frozen=True, slots=True)
class House:
    """A creditor, with what its people and its providers know."""

    creditor_id: int
    slug: str
    name: str
    iban: str
    stripe_key: str
    stripe_account: str
    connected: bool  # paid through a platform's key on the creditor's own account (rule B-02)
    stripe_secret: str
    notice_url: str
    erp_url: str
    erp_secret: str
    people: tuple[Person, ...]
    clerk_id: int  # who may do everything there, and so owns what lands on no desk of its own
    colleague_id: int  # who answers customers


_HOUSES = (
    ("rossi", "Rossi Impianti", "IT60X0542811101000000123456", "sk_test_rossi_impianti_0001", "acct_1Rossi", False),
    ("gialli", "Gialli Forniture", "IT25O0306909606100000012345", PLATFORM_KEY, "acct_1Gialli", True),
)
CALL_HOURS = Hours(tuple((day, 9 * 60, 13 * 60) for day in range(5)), 30, 1)
_PEOPLE = (
    ("Bianchi Costruzioni S.n.c.", "business", "IT12345677890", None),
    ("Amalia Tedesco", "consumer", None, "TDSMLA80A41F205X"),
)


def write_keys(path: Path) -> None:
    """The same keys for every world, so that a seed says the same everywhere; of no use outside."""
    known = hashlib.sha512(b"the simulator's own keys").digest()
    keys = {
        "signing": [base64.b64encode(known[:48]).decode()],
        "sealing": [base64.urlsafe_b64encode(known[32:]).decode()],
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(keys))


def found() -> tuple[House, ...]:
    """Fills an empty database."""
    return tuple(_house(number, *row) for number, row in enumerate(_HOUSES))


def _house(number: int, slug: str, name: str, iban: str, key: str, account: str, connected: bool) -> House:  # noqa: PLR0917
    with db.transaction():
        creditor_id = creditors.add(
            slug,
            f"{name} S.r.l.",
            display_name=name,
            vat_number="IT01234567890",
            iban=iban,
            account_holder=f"{name} S.r.l.",
            phone="+39 051 0000001",
            email=f"amministrazione@{slug}.example",
            contact_name="Giulia Ferri",
            hours="lun–ven 9–13",
        ).id
    secret, erp_url = f"whsec_{slug}_0001_secret", f"https://erp.{slug}.example/webhooks"
    with db.transaction():
        scope.enter(creditor_id)
        wrong = accounts.configure(
            "stripe",
            secrets={"secret_key": key, "webhook_secret": secret},
            options={"account": account} if connected else {},
            enabled=True,
        )
        if wrong:
            raise RuntimeError(f"{slug} cannot take cards: {wrong}")
        notice_url = accounts.notice_url("stripe")
        interest.choose_policy(
            {"interest_on": True, "costs_on": True, "due_from": clock.today() - timedelta(days=400)}, clock.today()
        )
        erp_secret = webhooks.add_endpoint(erp_url, f"it@{slug}.example").secret
        calls.set_hours(CALL_HOURS)
        clerk_id = _works_here(creditor_id, f"giulia@{slug}.example", "Giulia Ferri", Role.ADMIN)
        colleague_id = _works_here(creditor_id, f"marco@{slug}.example", "Marco Neri", Role.AGENT)
    found_people = tuple(_person(creditor_id, number, place, *row) for place, row in enumerate(_PEOPLE))
    return House(
        creditor_id, slug, name, iban, key, account, connected, secret, notice_url, erp_url, erp_secret,
        found_people, clerk_id, colleague_id,
    )  # fmt: skip


def _works_here(creditor_id: int, email: str, name: str, role: Role) -> int:
    staff = people.add_person(email, name)
    people.accept(people.invite(staff, creditor_id, role), staff, name=name, password=None)
    return staff.id


def _person(  # noqa: PLR0917 - a row of the cast
    creditor_id: int, house: int, place: int, name: str, kind: str, vat_number: str | None, tax_code: str | None
) -> Person:
    code, email = f"C{place + 1:03d}", f"cliente{place + 1}@{'acme' if house else 'bianchi'}.example"
    with db.transaction():
        scope.enter(creditor_id)
        debtor = Debtor(
            id=ids.new_id(), code=code, name=name, kind=kind, vat_number=vat_number, tax_code=tax_code, country="IT",
            postcode="40121", language="it" if place % 2 == 0 else "en", created_at=clock.now(),
        )  # fmt: skip
        db.session().add(debtor)
        db.session().flush()
        debtors.add_contact(debtor.id, debtors.EMAIL, email, source="creditor")
        ip = f"10.0.{house}.{place + 1}"
        return Person(creditor_id, debtor.id, code, name, kind, email, vat_number, tax_code, ip)
