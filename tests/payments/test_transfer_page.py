"""Bank transfer: what to copy, the code read back by a decoder, and "my transfer is on its way" (B-30…B-40)."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import banking, clock, db, ids, scope
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem, Hold
from portal.ledger import actions as ledger
from portal.payments import rules
from portal.payments.methods.bank_transfer import epc_reading
from portal.payments.models import TransferNotice
from tests.actors import Debtor
from tests.core.pictures import from_svg, read_qr
from tests.factories.world import IBAN, Account, make_account, make_creditor
from tests.payments.conftest import Shop, choose_card, english


@pytest.fixture
def account(house: object) -> Account:
    """A creditor without cards; one invoice of 1,234.56 euro."""
    made = make_account(make_creditor())
    made.add_invoice()
    return made


@pytest.fixture
def sender(account: Account, debtor: Debtor) -> Debtor:
    debtor.enter(account.link(), account.fact)
    return debtor


def reference_of(account: Account, invoice_id: int) -> str:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalars(select(DueItem.reference).where(DueItem.invoice_id == invoice_id)).one()


def code_on(page: str) -> bytes:
    [svg] = re.findall(r"<svg xmlns=.*?</svg>", page, re.DOTALL)
    return read_qr(from_svg(svg))


def copied(page: str) -> list[str]:
    return re.findall(r'data-copy="([^"]*)"', page)


def test_four_lines_to_copy_and_the_same_in_the_code(account: Account, sender: Debtor) -> None:
    sender.get("/d/pay/transfer")
    reference = reference_of(account, account.invoice_ids[0])
    assert copied(sender.text) == ["Rossi Impianti S.r.l.", IBAN, "1234.56", reference]
    assert "<span>IT60</span><span>X054</span>" in sender.text
    assert banking.is_rf(reference)
    reading = epc_reading.decode(code_on(sender.text))
    assert reading.ok
    assert reading.payment is not None
    assert (reading.payment.name, reading.payment.iban) == ("Rossi Impianti S.r.l.", IBAN)
    assert (reading.payment.amount, reading.payment.reference) == (Money(123456, "EUR"), reference)
    assert (reading.payment.version, reading.payment.text) == ("002", "")


def test_the_code_follows_what_is_still_open(account: Account, sender: Debtor) -> None:
    """An amount that has been paid in part is not asked for again (rule B-31)."""
    with db.transaction():
        scope.enter(account.creditor_id)
        [item] = invoice_queries.items(account.item_ids(account.invoice_ids[0]))
        invoices.settle_item(
            item,
            Money(100000, "EUR"),
            account="bank",
            kind="payment",
            source=ledger.Source("test_bank", 1),
            value_on=clock.today(),
        )
    sender.get("/d/pay/transfer")
    payment = epc_reading.decode(code_on(sender.text)).payment
    assert payment is not None
    assert payment.amount == Money(23456, "EUR")
    assert "234.56" in copied(sender.text)
    sender.get("/language/it")
    sender.get("/d/pay/transfer")
    assert "234,56" in copied(sender.text)


def test_several_documents_have_a_section_each_and_the_code_alone(account: Account, sender: Debtor) -> None:
    second = account.add_invoice("129/2026", "50.00")
    sender.get("/d/pay/transfer")
    assert len(re.findall('<dl class="card">', sender.text)) == 2
    assert "<svg xmlns" not in sender.text, "two codes on one page: one would scan the wrong one"
    sender.get(f"/d/pay/transfer?items[]={ids.spell(account.item_ids(second)[0])}")
    payment = epc_reading.decode(code_on(sender.text)).payment
    assert payment is not None
    assert payment.reference == reference_of(account, second)


def test_more_than_five_are_to_choose_from(account: Account, sender: Debtor) -> None:
    for number in range(5):
        account.add_invoice(f"{number}/B", "50.00")
    sender.get("/d/pay/transfer")
    assert "Which one would you like to pay?" in sender.text
    assert "My transfer is on its way" not in sender.text
    road = next(p for p in sender.text.split('"') if p.startswith("/d/pay/transfer?items"))
    sender.get(road)
    assert len(copied(sender.text)) == 4


def test_on_its_way_calms_reminders_and_is_no_payment(account: Account, sender: Debtor) -> None:
    sender.get("/d/pay/transfer")
    sender.submit("/d/pay/transfer")
    assert "Good: your transfer is on its way" in sender.text
    until = clock.today("Europe/Rome") + timedelta(days=5)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        [notice] = session.scalars(select(TransferNotice)).all()
        assert (notice.amount_minor, notice.until) == (123456, until)
        [hold] = session.scalars(select(Hold)).all()
        assert (hold.reason, hold.source_id, hold.ended_at) == ("transfer_on_its_way", notice.id, None)
        assert hold.until is not None
        assert clock.day_of(hold.until) == until
        [item] = invoice_queries.items(account.item_ids(account.invoice_ids[0]))
        assert item.open == Money(123456, "EUR")
    sender.get("/d/pay/transfer")
    assert "Invoice 128/2026: you told us that it is on its way." in sender.text
    assert "My transfer is on its way" not in sender.text
    with time_machine.travel(clock.now() + timedelta(days=6)):
        sender = english(sender.app)
        sender.enter(account.link(), account.fact)
        sender.get("/d/pay/transfer")
        assert "My transfer is on its way" in sender.text


def test_it_is_said_once(account: Account, sender: Debtor) -> None:
    sender.get("/d/pay/transfer")
    form = sender.form("/d/pay/transfer")
    first = sender.post(form.action, form.fields, follow=False)
    again = sender.post(form.action, form.fields, follow=False)
    assert first.headers["Location"] == again.headers["Location"]
    other_tab = {**form.fields, "command_id": ids.spell(ids.new_id())}
    assert sender.post(form.action, other_tab).status_code == 409
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(TransferNotice)).all()) == 1


def test_a_notice_is_its_debtors(account: Account, sender: Debtor, debtor: Debtor) -> None:
    sender.get("/d/pay/transfer")
    sender.submit("/d/pay/transfer")
    path = sender.path
    with db.transaction(writes=False) as session:
        creditor = session.scalars(select(Creditor)).one()
    other = make_account(creditor, code="0043", vat_number="IT98765432109")
    stranger = english(sender.app)
    stranger.enter(other.link(), other.fact)
    assert stranger.get(path).status_code == 404
    assert sender.get(path).status_code == 200


def test_announcing_a_transfer_closes_the_open_card_page(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay/transfer")
    data = payer.form("/d/pay/transfer").fields
    choose_card(payer)
    payer.get("/d/pay/transfer")
    assert "A payment of it is open right now." in payer.text
    assert copied(payer.text) == []
    payer.post("/d/pay/transfer", data)
    assert payer.status == 200
    shop.deliver()
    assert [s["status"] for s in shop.sessions()] == ["expired"]
    assert shop.statuses() == ["cancelled"]


def test_without_an_account_there_is_nothing_to_copy_and_it_says_so(house: object, debtor: Debtor) -> None:
    account = make_account(make_creditor(iban=None))
    account.add_invoice()
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/pay")
    assert "Pay by bank transfer" not in debtor.text
    assert "Please ask us how to pay." in debtor.text
    debtor.get("/d/pay/transfer")
    assert "There is no account to transfer to." in debtor.text


def test_the_documents_own_account_counts_and_gets_no_code(account: Account, sender: Debtor) -> None:
    """A document may name a factor's account, whose holder we do not know (rule B-38)."""
    factor = "IT25O0306909606100000012345"
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        session.scalars(select(DueItem)).one().iban = factor
    sender.get("/d/pay/transfer")
    assert factor in copied(sender.text)
    assert "<svg xmlns" not in sender.text
    assert "This account is the one on the document." in sender.text


def test_whose_account(house: object) -> None:
    creditor = make_creditor(account_holder="Rossi Impianti di Rossi G.")
    with db.transaction(writes=False) as session:
        face = rules.Face(*(getattr(session.get(Creditor, creditor.id), name) for name in rules.Face.__slots__))
    own = rules.payee(face, None)
    assert own is not None
    assert (own.holder, own.certified) == ("Rossi Impianti di Rossi G.", True)
    assert rules.payee(face, "it60 x054 2811 1010 0000 0123 456") == own
    other = rules.payee(face, "IT25O0306909606100000012345")
    assert other is not None
    assert (other.holder, other.certified) == ("Rossi Impianti S.r.l.", False)
    assert rules.payee(face, "IT60X0542811101000000123457") is None


def test_the_day_until_which_we_wait_is_the_creditors(house: object, debtor: Debtor) -> None:
    """The end of that day in Auckland is another day in UTC, and in New York too."""
    for slug, zone in (("east", "Pacific/Auckland"), ("west", "America/New_York")):
        account = make_account(make_creditor(slug, time_zone=zone))
        account.add_invoice()
        browser = Debtor(debtor.app)
        browser.get("/language/en")
        browser.enter(account.link(), account.fact)
        browser.get("/d/pay/transfer")
        browser.submit("/pay/transfer", **{"items[]": ids.spell(account.item_ids(account.invoice_ids[0])[0])})
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            until = session.scalars(select(TransferNotice.until)).one()
        browser.get("/d/pay/transfer")
        assert f"until {until.day} {until:%B %Y}" in browser.text, zone
