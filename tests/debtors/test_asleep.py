"""Codes on paper whose time is over: the page that says whom to call, and a link to the address on file (rule A-09)."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import actions, links, typed_codes
from portal.debtors.models import ContactPoint
from portal.doubles.mailbox import Mailbox
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.messages import relay_through
from tests.factories.world import Account, make_account


@pytest.mark.parametrize("purpose", [links.QR, links.TYPED])
def test_a_code_on_paper_that_is_asleep_says_whom_to_call_and_mails_where_it_can(
    app: PortalFlask, purpose: str
) -> None:
    """Rule A-09: paper lives long. Its new link goes to the address on file, opens that invoice and asks its fact."""
    account = make_account()
    invoice = account.add_invoice()
    url = account.link(invoice_id=invoice, purpose=purpose) if purpose == links.QR else ""
    code = "" if url else typed_code(account, invoice)
    with time_machine.travel(clock.now() + timedelta(days=800), tick=True), Mailbox() as mailbox:
        relay_through(mailbox)
        debtor = Debtor(app)
        debtor.get("/language/en")
        if url:
            debtor.get(url)
        else:
            debtor.get("/t")
            debtor.submit("/t", code=code)
        assert "This code is asleep" in debtor.text
        assert "+39 051 0000001" in debtor.text
        assert "to the address that we already have" not in debtor.text
        debtor.submit("/gate/new-link")
        assert "If we have an address" in debtor.text
        jobs.work_off()
        (mail,) = mailbox.wait_for("cliente.0042@bianchi.example")
        (link,) = mail.links
        debtor.enter(link, account.fact)
        assert debtor.path == "/d/"


def test_a_code_that_is_asleep_looks_the_same_where_no_address_is(app: PortalFlask) -> None:
    account = make_account()
    url = account.link(invoice_id=account.add_invoice(), purpose=links.QR)
    other = make_account(creditor_of(account), code="0043", name="Verdi S.r.l.", vat_number="IT98765432109")
    bare = other.link(invoice_id=other.add_invoice("129/2026"), purpose=links.QR)
    stop_addresses(other)
    with time_machine.travel(clock.now() + timedelta(days=800), tick=True):
        pages = []
        for one in (url, bare):
            debtor = Debtor(app)
            debtor.get(one)
            pages.append(re.sub(r'value="[^"]*"', "", debtor.text))
            debtor.submit("/gate/new-link")
            pages.append(re.sub(r'value="[^"]*"', "", debtor.text))
        assert pages[:2] == pages[2:]
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            assert session.scalars(select(Message.debtor_id)).all() == [account.debtor_id]


def typed_code(account: Account, invoice: int) -> str:
    with db.transaction():
        scope.enter(account.creditor_id)
        return typed_codes.issue(account.debtor_id, invoice)[1]


def creditor_of(account: Account) -> Creditor:
    with db.transaction(writes=False):
        return creditors.by_id(account.creditor_id)


def stop_addresses(account: Account) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        actions.stop_contact(session.get_one(ContactPoint, account.contact_id), "by_hand")
