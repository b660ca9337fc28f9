"""Filling an empty demo: the creditor, its people, its invoices, what was paid, the messages of the day.

Everything goes through the product's own actions, in the order in which a real installation would do it.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from portal.core import db, ids, scope
from portal.creditors import actions as creditors
from portal.creditors import queries as creditor_queries
from portal.creditors.models import Creditor
from portal.debtors import actions as debtors
from portal.debtors.models import Debtor
from portal.demo import opinions, voices
from portal.demo.company import CREDITOR
from portal.demo.files import DemoFiles, write_files
from portal.imports import actions as imports
from portal.imports.options import ReadOptions
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.people import actions as people
from portal.people import codes, second_factor
from portal.people.roles import NEED_SECOND_FACTOR, Role
from portal.reminders import actions as reminders

PEOPLE = (
    (Role.ADMIN, "giulia.ferrari", "Giulia Ferrari"),
    (Role.MANAGER, "marco.bassi", "Marco Bassi"),
    (Role.AGENT, "elena.conti", "Elena Conti"),
    (Role.VIEWER, "paolo.riva", "Paolo Riva"),
)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SignIn:
    """How one of its people signs in; the secret of their app where their role needs one (decision 38)."""

    role: str
    email: str
    password: str
    totp_secret: str | None = None

    def as_json(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def is_seeded() -> bool:
    with db.transaction(writes=False):
        return creditor_queries.by_slug(CREDITOR.slug) is not None


def add_creditor() -> int:
    """The creditor alone, so that its Stripe account and its ERP are there before anything happens."""
    return _creditor()


def seed(creditor_id: int, folder: Path, today: date, say: Progress) -> list[SignIn]:
    """Fills the empty creditor; returns how its people sign in."""
    say("its people")
    sign_ins = [_person(creditor_id, role, name, full) for role, name, full in PEOPLE]
    files = write_files(folder, today)
    _import(creditor_id, files, say)
    say("what was paid in part, and two addresses")
    _part_payments(creditor_id, files)
    _contacts(creditor_id, files)
    say("caring messages")
    with db.transaction():
        scope.enter(creditor_id)
        planned = reminders.plan(_creditor_row(creditor_id), any_hour=True)
    say(f"{planned.contacts} messages planned")
    say(f"what customers said: {voices.seed(creditor_id, today)} cases wait")
    say(f"how it went, over a year: {opinions.give(creditor_id)} answers")
    return sign_ins


def _creditor() -> int:
    c = CREDITOR
    with db.transaction():
        made = creditors.add(
            c.slug,
            c.legal_name,
            display_name=c.display_name,
            vat_number=c.vat_number,
            iban=c.iban,
            account_holder=c.account_holder,
            address=f"{c.street}, {c.postcode} {c.town} ({c.province})",
            phone=c.phone,
            email=c.email,
            contact_name=c.contact_name,
            hours=c.contact_hours,
            accent="#1f6f5c",
            default_terms_days=c.default_terms_days,
        )
        return made.id


def _creditor_row(creditor_id: int) -> Creditor:
    return creditor_queries.by_id(creditor_id)


def _person(creditor_id: int, role: Role, name: str, full: str) -> SignIn:
    """Invited and accepted like anybody, with a password that only this installation knows."""
    email, password = f"{name}@rossi-impianti.example", f"demo-{secrets.token_urlsafe(9)}"
    with db.transaction():
        scope.enter(creditor_id)
        staff = people.add_person(email, full)
        people.accept(people.invite(staff, creditor_id, role), staff, name=full, password=password)
        if role not in NEED_SECOND_FACTOR:
            return SignIn(role.value, email, password)
        secret = codes.new_secret()
        second_factor.install(staff.id, secret)
    return SignIn(role.value, email, password, secret)


def _import(creditor_id: int, files: DemoFiles, say: Progress) -> None:
    options = ReadOptions(default_terms_days=CREDITOR.default_terms_days)
    paths = [(path.name, path) for path in files.paths]
    with db.transaction():
        scope.enter(creditor_id)
        batch = imports.begin(options, [name for name, _ in paths])
    counts = imports.run(
        creditor_id, batch, options, paths, progress=lambda c: say(f"invoices: {c.created} taken in")
    )
    if counts.refused:
        raise RuntimeError(f"the demo's own files were refused: {counts}")


def _part_payments(creditor_id: int, files: DemoFiles) -> None:
    """No import file says "paid in part": the bank's credits are booked as they came."""
    with db.transaction():
        scope.enter(creditor_id)
        for paid in files.world.part_payments:
            row = (
                db.session()
                .execute(
                    select(DueItem.id)
                    .join(Invoice, Invoice.id == DueItem.invoice_id)
                    .where(Invoice.number == paid.number, DueItem.due_on == paid.due_on)
                )
                .one()
            )
            item = invoice_queries.items([row[0]])[0]
            invoices.settle_item(
                item,
                paid.amount,
                account=accounts.BANK,
                kind="payment",
                source=ledger.Source("demo_part_payment", ids.new_id()),
                value_on=paid.paid_on,
            )


def _contacts(creditor_id: int, files: DemoFiles) -> None:
    """What an e-invoice has no field for: the address and the language of those who stand only on one."""
    with db.transaction():
        scope.enter(creditor_id)
        for contact in files.debtor_contacts:
            found = db.session().scalars(
                select(Debtor).where(
                    (Debtor.vat_number == contact.vat_number) if contact.vat_number
                    else (Debtor.tax_code == contact.tax_code)
                )
            ).first()  # fmt: skip
            if found is None:
                continue
            found.language, found.postcode, found.code = contact.language, contact.postcode, contact.debtor_code
            if contact.email:
                debtors.add_contact(found.id, "email", contact.email, source="creditor")
