""" "Your data" and what follows: the notice to the old address, links that die, codes that rest (A-44, decision 7)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from portal.core import db, ids, jobs, scope
from portal.core.events import EventRow
from portal.debtors.models import Debtor as DebtorRow
from portal.doubles.mailbox import Mailbox
from portal.doubles.phone import Phone
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.messages import relay_through
from tests.factories.world import Account, make_account


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running:
        yield running


@pytest.fixture
def mailbox(app: PortalFlask) -> Iterator[Mailbox]:
    assert app
    with Mailbox() as running:
        relay_through(running)
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    doors.add_mobile(made)
    return made


def change(debtor: Debtor, phone: Phone, **typed: str) -> None:
    doors.ask_for_change(debtor, **typed)
    doors.signed(debtor)
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[-1].code)
    assert "Done" in debtor.text
    jobs.work_off()


def test_the_old_address_is_told_without_a_link_or_a_name(
    debtor: Debtor, account: Account, phone: Phone, mailbox: Mailbox
) -> None:
    doors.inside(debtor, account)
    change(debtor, phone)
    (mail,) = mailbox.wait_for("cliente.0042@bianchi.example")
    assert mail.links == ()
    assert "Bianchi" not in mail.text + mail.subject
    assert "nuovo@" not in mail.text + mail.html


def test_links_to_the_old_address_die_and_the_visit_that_asked_goes_on(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone
) -> None:
    other_link = account.link()
    doors.inside(debtor, account)
    other = Debtor(app)
    other.enter(other_link, account.fact)
    change(debtor, phone)
    debtor.get("/d/")
    assert debtor.status == 200
    other.get("/d/")
    assert other.status == 403
    other.get(other_link)
    assert other.status == 404


def test_mobile_and_preference_change_too(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    change(debtor, phone, email="", mobile="347 1234567", preferred="mobile")
    found = doors.contacts(account)
    assert found["+393471234567"].codes_from is not None
    assert found[doors.MOBILE].stopped_why == "replaced"
    assert phone.texts[-1].to == doors.MOBILE, "the old number is told"
    assert "+39" in phone.texts[-1].body
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.get_one(DebtorRow, account.debtor_id).preferred_channel == "mobile"
    debtor.get("/d/your-data")
    assert "•••567" in debtor.text
    doors.ask_for_change(debtor, email="dopo@bianchi.example")
    assert "Ask them to call me" in debtor.text, "the new number rests, the old one is gone"


def test_events_of_a_change_hold_no_address(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    change(debtor, phone, mobile="347 1234567")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        rows = session.scalars(select(EventRow)).all()
    assert {"step_up.asked", "step_up.code_requested", "step_up.proved", "contact.stopped"} <= {r.name for r in rows}
    said = " ".join(str(row.data) for row in rows)
    for secret in ("@", "347", "333", "Maria"):
        assert secret not in said


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "no address"},
        {"email": "", "mobile": "039 123456"},
        {"email": "", "mobile": "abc"},
        {"email": "", "preferred": "pigeon"},
        {"email": ""},
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    typed: dict[str, str], debtor: Debtor, account: Account, phone: Phone
) -> None:
    assert phone
    doors.inside(debtor, account)
    doors.ask_for_change(debtor, **typed)
    assert debtor.status == 422
    assert doors.step_ups(account) == []
    for name, value in typed.items():
        assert name == "preferred" or not value or f'value="{value}"' in debtor.text


def test_the_corrected_address_of_an_answer_tells_the_old_one_too(
    debtor: Debtor, account: Account, mailbox: Mailbox
) -> None:
    """At level 2 "it never arrived" may bring another address: it rests for codes, and the old one hears of it."""
    doors.inside(debtor, account)
    invoice = account.invoice_ids[0]
    debtor.get(f"/d/invoices/{ids.spell(invoice)}/receipt")
    debtor.submit("/receipt", answer="missing", address="altra@bianchi.example")
    assert debtor.status == 200
    jobs.work_off()
    assert mailbox.wait_for("cliente.0042@bianchi.example")
    assert doors.contacts(account)["altra@bianchi.example"].codes_from is not None


def test_an_address_that_came_back_is_not_taken(debtor: Debtor, account: Account) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        doors.debtors.stop_contact(
            doors.debtors.add_contact(account.debtor_id, "email", "rotta@bianchi.example", source="creditor"),
            "bounced",
        )
        session.flush()
    doors.inside(debtor, account)
    doors.ask_for_change(debtor, email="rotta@bianchi.example")
    assert debtor.status == 422


def test_the_paper_code_has_no_your_data(debtor: Debtor, account: Account) -> None:
    link = account.link(invoice_id=account.invoice_ids[0], purpose="qr")
    debtor.enter(link, "128/2026")
    assert debtor.path == "/d/"
    debtor.get("/d/your-data")
    assert debtor.status == 404
    assert [row.status for row in doors.step_ups(account)] == []
