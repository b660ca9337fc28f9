"""One of everything that an address can name, made for one debtor of one creditor.

`MAKERS` has one entry for each name of an argument in an address. A new page with a new kind of id fails the
route matrix until its maker stands here: add a function from `Owner` to an id, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from portal.cases import actions as cases
from portal.confirmations import actions as confirmations
from portal.core import db, ids, scope
from portal.core.link_addresses import QR
from portal.creditors import queries as creditors
from portal.debtors import gate
from portal.debtors.models import AccessLink, Debtor, Visit
from portal.debtors.visits import Current
from portal.documents import store
from portal.imports import actions as imports
from portal.imports.reading import ReadOptions
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.invoices.payable import payable_now
from portal.messages import actions as messages
from portal.payments import actions as payments
from portal.people import actions as people
from portal.people.models import Invitation, StaffSession
from portal.people.roles import Role
from portal.webhooks import actions as webhooks
from portal.webhooks.models import Delivery
from tests.factories.people import make_person
from tests.factories.world import Account

CSV = b"numero;data;scadenza;importo;cliente\n1/2026;01/11/2026;30/11/2026;10,00;Bianchi\n"


@dataclass
class Owner:
    """Whose things are made, through which visit, and what has been made so far."""

    account: Account
    made: dict[str, int] = field(default_factory=dict)
    _link: AccessLink | None = None
    _visit: Visit | None = None

    @property
    def creditor_id(self) -> int:
        return self.account.creditor_id

    def within(self, act: Callable[[], Any], *, as_debtor: bool = False) -> Any:
        with db.transaction():
            scope.enter(self.creditor_id, self.account.debtor_id if as_debtor else None)
            return act()

    def invoice(self) -> int:
        number = f"{100 + len(self.account.invoice_ids)}/{self.account.debtor_id % 10_000}"
        return self.account.add_invoice(number, "40.00")

    def link(self) -> AccessLink:
        if self._link is None:
            purpose_links = select(AccessLink).where(AccessLink.debtor_id == self.account.debtor_id)
            self.account.link()
            self._link = self.within(
                lambda: db.session().scalars(purpose_links.order_by(AccessLink.id.desc())).first()
            )
        return self._link

    def visit(self) -> Current:
        """A visit of the debtor's, as actions know it."""
        link = self.link()

        def act() -> Current:
            if self._visit is None:
                self._visit = gate.admit(link, 2)
            assert self._visit is not None
            debtor = db.session().get_one(Debtor, self.account.debtor_id)
            face = creditors.face(self.creditor_id)
            return Current(self._visit.id, debtor.id, link.id, 2, link.invoice_id, debtor.name, debtor.kind, face)

        return self.within(act, as_debtor=True)  # type: ignore[no-any-return]

    def id_of(self, name: str) -> int:
        """The id of this owner's thing of that kind, made when it is first asked for."""
        if name not in MAKERS:
            raise AssertionError(
                f"<id:{name}> is new in an address: say in tests/security/everything.py how one is made"
            )
        if name not in self.made:
            self.made[name] = MAKERS[name](self)
        return self.made[name]


def invoice_id(owner: Owner) -> int:
    """With its original document, and a code that was printed on it."""
    made = owner.invoice()
    owner.account.link(invoice_id=made, purpose=QR)

    def act() -> None:
        file = store.keep(b"<FatturaElettronica/>", "IT01234567890_00001.xml", "application/xml")
        db.session().execute(update(Invoice).where(Invoice.id == made).values(file_id=file.id))

    owner.within(act)
    return made


def answer_id(owner: Owner) -> int:
    visit, about = owner.visit(), owner.invoice()

    def act() -> int:
        invoice = db.session().get_one(Invoice, about)
        said = confirmations.Said("received")
        return confirmations.answer(visit, invoice, said, shown_text="As shown", language="it").id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def question_id(owner: Owner) -> int:
    visit = owner.visit()
    return owner.within(lambda: cases.ask(visit, "Words of their own").id, as_debtor=True)  # type: ignore[no-any-return]


def notice_id(owner: Owner) -> int:
    visit, about = owner.visit(), owner.invoice()

    def act() -> int:
        return payments.announce_transfer(visit, invoices.items_of_debtor(visit.debtor_id, about)).id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def attempt_id(owner: Owner, visit: Current | None = None) -> int:
    visit, about = visit or owner.visit(), owner.invoice()

    def act() -> int:
        lines = payable_now(invoices.items_of_debtor(visit.debtor_id, about)).payable_lines
        attempt = payments.open_attempt(visit, lines, "stripe", "it")
        assert attempt is not None
        return attempt.id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def visit_id(owner: Owner) -> int:
    return owner.visit().id


def message_id(owner: Owner) -> int:
    """As it was sent."""
    link = owner.link()

    def act() -> int:
        message = messages.plan(
            "new_link", debtor_id=owner.account.debtor_id, to_address="a@bianchi.example", language="it",
            link_id=link.id,
            contact_point_id=owner.account.contact_id, asked_for=True,
        )  # fmt: skip
        assert messages.begin_sending(message) is None
        messages.mark_sent(message, messages.AsSent("Subject", "Text", "<p>Text</p>", "0" * 64))
        return message.id

    return owner.within(act)  # type: ignore[no-any-return]


def batch_id(owner: Owner) -> int:
    return owner.within(lambda: imports.upload([("rows.csv", CSV)], ReadOptions(), None).id)  # type: ignore[no-any-return]


def staff_id(owner: Owner) -> int:
    return make_person(owner.creditor_id, Role.AGENT).staff_id


def invitation_id(owner: Owner) -> int:
    def act() -> int:
        staff = people.add_person(f"new.{ids.spell(owner.account.debtor_id)}@rossi.example")
        people.invite(staff, owner.creditor_id, Role.VIEWER)
        return db.session().scalars(select(Invitation.id).where(Invitation.staff_id == staff.id)).one()

    return owner.within(act)  # type: ignore[no-any-return]


def session_id(owner: Owner) -> int:
    """A place where the owner's clerk is signed in."""
    return owner.within(
        lambda: db.session().scalars(select(StaffSession.id).order_by(StaffSession.id.desc())).first()
    )  # type: ignore[no-any-return]


def endpoint_id(owner: Owner) -> int:
    return owner.within(lambda: webhooks.add_endpoint("https://erp.example.com/in").endpoint.id)  # type: ignore[no-any-return]


def delivery_id(owner: Owner) -> int:
    owner.id_of("endpoint_id")
    question_id(owner)  # a public event: it is owed to the endpoint
    newest = select(Delivery.id).order_by(Delivery.id.desc())
    found = owner.within(lambda: db.session().scalars(newest).first())
    assert found is not None, "nothing was owed to the endpoint"
    return int(found)


MAKERS: dict[str, Callable[[Owner], int]] = {
    "answer_id": answer_id,
    "attempt_id": attempt_id,
    "batch_id": batch_id,
    "contact_id": lambda owner: owner.account.contact_id,
    "creditor_id": lambda owner: owner.creditor_id,
    "debtor_id": lambda owner: owner.account.debtor_id,
    "delivery_id": delivery_id,
    "endpoint_id": endpoint_id,
    "invitation_id": invitation_id,
    "invoice_id": invoice_id,
    "link_id": lambda owner: owner.link().id,
    "message_id": message_id,
    "notice_id": notice_id,
    "question_id": question_id,
    "session_id": session_id,
    "staff_id": staff_id,
    "visit_id": visit_id,
}

# What an address may name besides ids: one of each that exists.
WORDS: dict[str, str] = {"code": "en", "colour": "a1b2c3", "filename": "portal.css"}
