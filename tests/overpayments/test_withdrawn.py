"""An invoice is withdrawn: whoever had paid on it has that money again, by name, and both sides are told (B-10)."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, jobs, scope
from portal.invoices import actions as invoices
from portal.invoices.models import Invoice
from portal.messages.models import Message
from portal.overpayments import giving_back
from portal.overpayments.models import Overpayment
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import make_person, sign_in
from tests.overpayments.mixed import Mixed
from tests.payments.conftest import Shop, choose_card
from tests.payments.test_refunds import approve, ask, card, pay, stripe_card


@pytest.fixture
def mixed(shop: Shop, tmp_path: Path) -> Mixed:
    return Mixed(shop, tmp_path)


def withdraw(mixed: Mixed, invoice_id: int | None = None) -> None:
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        invoices.withdraw(db.session().get_one(Invoice, invoice_id or mixed.shop.account.invoice_ids[0]))
    jobs.work_off()
    mixed.open()  # the books hold


def told(mixed: Mixed) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(mixed.shop.creditor_id)
        return [key for key in session.scalars(select(Message.key)) if key.startswith("overpayment")]


def test_what_was_paid_by_card_is_its_owners_and_goes_back_to_the_card(mixed: Mixed, payer: Debtor) -> None:
    pay(mixed.shop, payer)
    withdraw(mixed)
    one = mixed.too_much("card")
    assert (mixed.credit(), mixed.standing("card")) == (1234_56, ("open", 1234_56, 0, 0))
    assert (one.invoice_id, told(mixed)) == (mixed.shop.account.invoice_ids[0], ["overpayment_found"])
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        refund_id = giving_back.ask_refund(one.id, by="staff:1", reason="ritirata").refund_id
    approve(mixed.shop, refund_id or 0)
    jobs.work_off()
    assert (mixed.credit(), mixed.standing("card")[0]) == (0, "refunded")
    assert card(mixed.shop) == stripe_card(mixed.shop) == 0


def test_a_part_that_was_transferred_is_used_for_what_comes_next(mixed: Mixed) -> None:
    mixed.transfer(500_00, mixed.shop.account.invoice_ids[0])
    withdraw(mixed)
    assert (mixed.credit(), mixed.standing("bank")) == (500_00, ("open", 500_00, 0, 0))
    mixed.keep("bank")
    mixed.invoice("129/2026", "700.00")
    assert (mixed.open()["129/2026"], mixed.standing("bank")) == (200_00, ("applied", 0, 500_00, 0))


def test_what_the_bank_takes_back_afterwards_takes_its_credit(mixed: Mixed) -> None:
    movement = mixed.transfer(500_00, mixed.shop.account.invoice_ids[0])
    withdraw(mixed)
    mixed.take_back(movement, mixed.day)
    assert (mixed.credit(), mixed.standing("bank")) == (0, ("withdrawn", 0, 0, 500_00))


def test_credit_that_had_been_used_on_it_is_credit_of_the_same_again(mixed: Mixed) -> None:
    other = mixed.invoice("300/2026", "100.00", due_in=1)
    mixed.transfer(400_00, other)
    mixed.keep("bank")
    assert mixed.standing("bank") == ("applied", 0, 300_00, 0)
    withdraw(mixed)
    assert (mixed.credit(), mixed.standing("bank")) == (300_00, ("open", 300_00, 0, 0))
    assert mixed.open()["300/2026"] == 0, "what it had paid elsewhere stays paid"


@pytest.mark.parametrize("note_first", [True, False])
@pytest.mark.parametrize("given_back", [True, False])
def test_its_own_note_is_no_money(mixed: Mixed, payer: Debtor, note_first: bool, given_back: bool) -> None:
    """Paid 1,234.56 or 934.56, and corrected by 300.00: its payer has what they paid, and never the note beside it."""
    if note_first:
        mixed.credit_note("NC1", 300_00, related="128/2026")
    pay(mixed.shop, payer)
    if not note_first:
        mixed.credit_note("NC1", 300_00, related="128/2026")
    if given_back and not note_first:
        one = mixed.too_much("credit_notes")
        with db.transaction():
            scope.enter(mixed.shop.creditor_id)
            giving_back.note_return(one.id, by="staff:1", returned_on=clock.today())
            giving_back.agree_return(one.id, by="staff:2")
    withdraw(mixed)
    assert mixed.credit() == (934_56 if note_first or given_back else 1234_56)


def test_a_refund_that_fails_after_it_is_its_owners_too(mixed: Mixed, payer: Debtor) -> None:
    attempt = pay(mixed.shop, payer)
    refund_id = ask(mixed.shop, attempt.id, 200_00)
    approve(mixed.shop, refund_id)
    jobs.work_off()
    withdraw(mixed)
    assert mixed.credit() == 1034_56
    refund = mixed.shop.double.all("refund")[0]["id"]
    mixed.shop.double.bank.conclude_refund(refund, "failed")
    mixed.shop.deliver()
    assert (mixed.credit(), mixed.standing("card")) == (1234_56, ("open", 1234_56, 0, 0))
    assert card(mixed.shop) == stripe_card(mixed.shop)


def test_money_that_arrives_on_a_withdrawn_invoice_is_its_owners(mixed: Mixed, payer: Debtor) -> None:
    """The card page was being paid while the invoice was taken back by another road."""
    choose_card(payer)
    mixed.shop.double.payer.pay_by_card(mixed.shop.sessions()[-1]["id"])
    withdraw(mixed)
    mixed.shop.deliver()
    assert (mixed.credit(), mixed.standing("card")) == (1234_56, ("open", 1234_56, 0, 0))


def test_nothing_is_opened_where_nothing_was_paid(mixed: Mixed) -> None:
    withdraw(mixed)
    with db.transaction(writes=False) as session:
        scope.enter(mixed.shop.creditor_id)
        assert session.scalars(select(Overpayment)).all() == []
    assert (mixed.credit(), told(mixed)) == (0, [])


def test_staff_hear_of_it_where_they_withdraw(mixed: Mixed, payer: Debtor, app: PortalFlask) -> None:
    pay(mixed.shop, payer)
    unpaid = mixed.invoice("300/2026", "10.00")
    clerk = sign_in(app, make_person(mixed.shop.creditor_id, Role.ADMIN, "giulia@rossi.example", "Giulia"))
    paid = mixed.shop.account.invoice_ids[0]
    for invoice_id in (paid, unpaid):
        clerk.get(f"/c/invoices/{ids.spell(invoice_id)}")
        clerk.submit("/withdraw")
        assert (clerk.status, "What had been paid on it" in clerk.text) == (200, invoice_id == paid)
