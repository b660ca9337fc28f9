""" "Your data" and what follows: the notice to the old address, links that die, codes that rest (A-44, decision 7)."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from portal.core import db, ids, jobs, scope
from portal.core.events import EventRow
from portal.debtors import policies
from portal.debtors.models import ContactPoint
from portal.doubles.mailbox import Mailbox
from portal.doubles.phone import Phone
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.messages import relay_through
from tests.factories.world import Account, make_account
from tests.randomness import without_drawn


@pytest.fixture
def mailbox(app: PortalFlask) -> Iterator[Mailbox]:
    assert app
    with Mailbox() as running:
        relay_through(running)
        yield running


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


def test_a_number_where_none_was_is_told_to_every_address(
    app: PortalFlask, debtor: Debtor, phone: Phone, mailbox: Mailbox
) -> None:
    """Link and code by mail, as this creditor allows it: the other mailbox hears of it, and so does this one."""
    assert app
    assert phone
    account = make_account()
    account.add_invoice()
    doors.choose_policy(account, no_other_channel=policies.SAME)
    add(account, "email", "titolare@bianchi.example")
    add(account, "email", "collega@bianchi.example", colleague=True)
    stop(account, add(account, "email", "rotta@bianchi.example"))
    doors.inside(debtor, account)
    doors.ask_for_change(debtor, email="", mobile="347 1234567")
    doors.signed(debtor)
    debtor.get(debtor.path)
    (mail,) = mailbox.wait_for("titolare@bianchi.example")
    code = re.search(r"\b[0-9]{6}\b", mail.text)
    assert code is not None
    debtor.submit("/code", code=code[0])
    assert "Done" in debtor.text
    jobs.work_off()
    (notice,) = mailbox.wait_for("cliente.0042@bianchi.example")
    assert "continuiamo a scrivere" in notice.text.lower()
    assert notice.links == ()
    assert "347" not in without_drawn(notice.text + notice.html + notice.subject)
    assert len(mailbox.wait_for("titolare@bianchi.example", count=2)) == 2
    assert told(account) == {"cliente.0042@bianchi.example", "titolare@bianchi.example"}


def test_of_two_addresses_the_one_that_stays_is_told_as_well(debtor: Debtor, account: Account, phone: Phone) -> None:
    add(account, "email", "titolare@bianchi.example")
    add(account, "mobile", "039 0000123")
    doors.inside(debtor, account)
    change(debtor, phone)
    assert told(account) == {"cliente.0042@bianchi.example", "titolare@bianchi.example", doors.MOBILE}
    assert phone.texts[-1].to == doors.MOBILE
    assert "recapiti" in phone.texts[-1].body
    assert "347" not in without_drawn(phone.texts[-1].body)
    assert doors.contacts(account)["titolare@bianchi.example"].stopped_why == "replaced"


def test_how_to_be_written_to_is_chosen_in_one_place_elsewhere(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    debtor.get("/d/your-data")
    assert "preferred" not in debtor.text
    assert "/d/how-we-write" in debtor.text
    debtor.submit("/d/your-data", email="", preferred="mobile")
    assert debtor.status == 422, "a wish alone is no change of an address"
    assert doors.step_ups(account) == []


def add(account: Account, channel: str, address: str, *, colleague: bool = False) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return doors.debtors.add_contact(
            account.debtor_id, channel, address, source="creditor", colleague=colleague
        ).id


def stop(account: Account, contact_id: int) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        doors.debtors.stop_contact(session.get_one(ContactPoint, contact_id), "bounced")


def told(account: Account) -> set[str]:
    """To which addresses the notice went."""
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return set(session.scalars(select(Message.to_address).where(Message.key == "contact_changed")))


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


def test_a_mobile_changes_too(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    change(debtor, phone, email="", mobile="347 1234567")
    found = doors.contacts(account)
    assert found["+393471234567"].codes_from is not None
    assert found[doors.MOBILE].stopped_why == "replaced"
    assert phone.texts[-1].to == doors.MOBILE, "the old number is told"
    assert "+39" in phone.texts[-1].body
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
    said = without_drawn(" ".join(str(row.data) for row in rows))
    for secret in ("@", "347", "333", "Maria"):
        assert secret not in said


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "no address"},
        {"email": "", "mobile": "039 123456"},
        {"email": "", "mobile": "abc"},
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
    for value in typed.values():
        assert not value or f'value="{value}"' in debtor.text


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
