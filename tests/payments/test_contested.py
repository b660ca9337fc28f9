"""Contested by the cardholder, or taken back by a bank: held, booked to the cent, open again only when lost (B-13)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, scope
from portal.core.errors import NotAllowedNow
from portal.invoices import holds
from portal.invoices import queries as invoices
from portal.messages.models import Message
from portal.payments import contested, queries
from portal.payments.jobs import catch_up, sweep
from portal.payments.states import AttemptStatus
from tests.actors import Debtor
from tests.payments.conftest import KEY, Shop, choose_card
from tests.payments.test_one_checkout import bank_pays
from tests.payments.test_refunds import ask, card, credit, pay, pay_back, standing, stripe_card


def held(shop: Shop) -> list[str]:
    """Why nobody chases the first document now."""
    [item_id] = shop.account.item_ids(shop.account.invoice_ids[0])
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        return [one.reason for one in invoices.holds_now([item_id]).get(item_id, [])]


def dispute(shop: Shop, **values: Any) -> str:
    return str(shop.double.bank.dispute(shop.double.all("charge")[-1]["id"], **values)["id"])


def test_contested_is_held_and_not_open(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    dispute(shop, amount=100000)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor(), held(shop)) == (["disputed"], 0, [holds.CONTESTED])
    assert shop.attempts()[0].status.public == "contested_by_cardholder"
    assert card(shop) == stripe_card(shop) == 23456
    [told] = shop.event_data("payment.disputed")
    assert (told["amount_minor"], told["why"]) == (100000, "fraudulent")
    assert told["answer_by"] > clock.today().isoformat()


def test_won_is_paid(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    found = dispute(shop)
    shop.deliver()
    shop.double.bank.close_dispute(found, won=True)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor(), held(shop)) == (["won"], 0, [])
    assert card(shop) == stripe_card(shop) == 123456
    pay_back(shop, shop.attempts()[0].id, 1000)
    assert shop.statuses() == ["won"], "as good as paid: what went back stands beside it"


def test_lost_is_open_again_and_rests_until_a_person_decides(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    pay_back(shop, attempt.id, 3456)
    found = dispute(shop, amount=100000)
    shop.deliver()
    assert shop.open_minor() == 3456
    shop.double.bank.close_dispute(found, won=False)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor(), held(shop)) == (["lost"], 103456, [holds.CONTESTED])
    assert card(shop) == stripe_card(shop) == 20000
    with db.transaction():
        scope.enter(shop.creditor_id)
        locked = queries.locked(attempt.id)
        assert locked is not None
        contested.let_go_on(locked)
    assert held(shop) == []
    pay_back(shop, attempt.id, 20000)
    assert (shop.open_minor(), card(shop), stripe_card(shop)) == (123456, 0, 0)


def test_an_inquiry_takes_nothing_and_may_be_ended_by_paying_back(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    found = dispute(shop, inquiry=True)
    shop.deliver()
    assert (shop.statuses(), held(shop), card(shop)) == (["disputed"], [holds.CONTESTED], 123456)
    pay_back(shop, attempt.id, 456)
    shop.double.bank.close_dispute(found, won=True)
    shop.deliver()
    assert (shop.statuses(), held(shop), shop.open_minor()) == (["won"], [], 456)
    assert card(shop) == stripe_card(shop) == 123000


def test_contested_twice(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    first = dispute(shop, amount=1000)
    second = dispute(shop, amount=2000)
    shop.deliver()
    shop.double.bank.close_dispute(first, won=True)
    shop.deliver()
    assert shop.statuses() == ["disputed"]
    shop.double.bank.close_dispute(second, won=False)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor()) == (["lost"], 2000)
    assert card(shop) == stripe_card(shop)


def test_a_second_payment_of_what_was_lost_and_nothing_wiped(shop: Shop, payer: Debtor) -> None:
    """Paid, lost, paid again: the second payment stands when the first is heard of once more."""
    pay(shop, payer)
    shop.double.bank.close_dispute(dispute(shop), won=False)
    shop.deliver()
    assert shop.open_minor() == 123456
    pay(shop, payer)
    assert (shop.statuses(), shop.open_minor()) == (["lost", "succeeded"], 0)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        catch_up()
        sweep()
    assert (shop.statuses(), shop.open_minor()) == (["lost", "succeeded"], 0)
    assert card(shop) == stripe_card(shop) == 123456


def test_the_rest_paid_by_bank_does_not_end_what_the_dispute_holds(shop: Shop, payer: Debtor) -> None:
    """Half by card and contested, the rest by transfer: should the card be lost, nobody chases before a person says."""
    pay_part(payer, "500,00")
    pay_there(shop)
    found = dispute(shop)
    shop.deliver()
    bank_pays(shop, 73456)
    assert (shop.open_minor(), held(shop)) == (0, [holds.CONTESTED])
    shop.double.bank.close_dispute(found, won=False)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor(), held(shop)) == (["lost"], 50000, [holds.CONTESTED])
    go_on(shop, 0)
    assert held(shop) == []


@pytest.mark.parametrize("first_won", [True, False])
def test_two_disputes_of_one_document_do_not_end_each_other(shop: Shop, payer: Debtor, first_won: bool) -> None:
    pay_part(payer, "500,00")
    first = dispute_of(shop)
    pay_part(payer, "600,00")
    second = dispute_of(shop)
    assert held(shop) == [holds.CONTESTED, holds.CONTESTED]
    shop.double.bank.close_dispute(first, won=first_won)
    shop.deliver()
    go_on(shop, 0)
    assert held(shop) == [holds.CONTESTED], "the other one is still with the bank"
    shop.double.bank.close_dispute(second, won=True)
    shop.deliver()
    assert held(shop) == []


def pay_part(payer: Debtor, amount: str) -> None:
    payer.get("/d/pay/part", query_string={"amount": amount})
    payer.submit("/d/pay/card", follow=False)


def pay_there(shop: Shop) -> None:
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    shop.deliver()


def dispute_of(shop: Shop) -> str:
    """The payment that was begun last is made, and contested."""
    pay_there(shop)
    found = dispute(shop)
    shop.deliver()
    return found


def go_on(shop: Shop, place: int) -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.attempt(shop.attempts()[place].id)
        assert attempt is not None
        contested.let_go_on(attempt)


def debit(shop: Shop, payer: Debtor, iban: str = "AT611904300234573201") -> None:
    choose_card(payer)
    shop.double.payer.pay_by_debit(shop.sessions()[-1]["id"], iban)


def test_a_debit_is_on_its_way_for_days_then_paid_then_comes_back(shop: Shop, payer: Debtor) -> None:
    debit(shop, payer)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor(), card(shop)) == (["processing"], 123456, 0)
    intent = shop.double.all("payment_intent")[0]["id"]
    shop.double.bank.settle(intent)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor()) == (["succeeded"], 0)
    shop.double.bank.bounce(shop.double.all("charge")[0]["id"])
    shop.deliver()
    assert (shop.statuses(), shop.attempts()[0].why, shop.open_minor()) == (["failed"], "payment_bounced", 123456)
    assert card(shop) == stripe_card(shop) == 0
    [told] = shop.event_data("payment.bounced")
    assert told["amount_minor"] == 123456
    shop.deliver()
    catch_up()
    with pytest.raises(NotAllowedNow):
        ask(shop, shop.attempts()[0].id, 1)
    pay(shop, payer)
    assert (shop.statuses(), shop.open_minor()) == (["failed", "succeeded"], 0)


@pytest.mark.parametrize("refund_first", [True, False])
def test_a_refund_that_fails_is_heard_of_before_and_after_the_bounce(
    shop: Shop, payer: Debtor, refund_first: bool
) -> None:
    """The books agree with Stripe, the document is open, the refund is not under way for ever (rule B-06)."""
    debit(shop, payer)
    shop.double.bank.settle(shop.double.all("payment_intent")[0]["id"])
    shop.deliver()
    shop.double.client(KEY).v1.refunds.create(params={"charge": shop.double.all("charge")[0]["id"]})
    shop.deliver()
    steps = [
        lambda: shop.double.bank.conclude_refund(shop.double.all("refund")[0]["id"], "failed"),
        lambda: shop.double.bank.bounce(shop.double.all("charge")[0]["id"]),
    ]
    for step in steps if refund_first else reversed(steps):
        step()
        shop.deliver()
        assert card(shop) == stripe_card(shop)
    assert (shop.statuses(), standing(shop), shop.open_minor()) == (["failed"], ["failed"], 123456)
    assert credit(shop) == 0
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        told = set(session.scalars(select(Message.key)))
    # "We keep it for you" is said only while it is so.
    assert told & {"payment_refund", "payment_refund_failed"} == (
        {"payment_refund", "payment_refund_failed"} if refund_first else {"payment_refund"}
    )


def test_a_debit_heard_of_only_when_it_had_come_back(shop: Shop, payer: Debtor) -> None:
    """It was never paid for us: nothing was settled, no receipt went out, and the account still agrees."""
    debit(shop, payer)
    shop.double.webhooks.drop()
    shop.double.bank.settle(shop.double.all("payment_intent")[0]["id"])
    shop.double.bank.bounce(shop.double.all("charge")[0]["id"])
    with time_machine.travel(clock.now() + timedelta(days=4)):
        sweep()
        sweep()
    assert (shop.statuses(), shop.attempts()[0].why, shop.open_minor()) == (["failed"], "payment_bounced", 123456)
    assert shop.events("payment.succeeded", "item.settled") == []
    assert card(shop) == stripe_card(shop) == 0


def test_a_debit_that_the_bank_refuses_reopens_the_choice(shop: Shop, payer: Debtor) -> None:
    debit(shop, payer, "AT861904300235473202")
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert (shop.statuses(), shop.attempts()[0].why) == (["failed"], "debit_not_authorized")
    assert card(shop) == stripe_card(shop) == 0


def test_a_debit_sent_back_by_the_payers_bank_knows_no_appeal(shop: Shop, payer: Debtor) -> None:
    debit(shop, payer, "AT591904300235473203")
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert shop.attempts()[0].status is AttemptStatus.LOST
    assert (shop.open_minor(), card(shop), stripe_card(shop)) == (123456, 0, 0)


def test_a_sale_of_the_creditors_own_that_is_contested_is_none_of_ours(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    before = shop.books()
    params: Any = {
        "mode": "payment",
        "success_url": "http://127.0.0.1:9/",
        "line_items": [
            {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Viti"}}}
        ],
    }
    session = shop.double.client(KEY).v1.checkout.sessions.create(params=params)
    shop.double.payer.pay_by_card(session.id)
    shop.double.bank.close_dispute(dispute(shop), won=False)
    shop.deliver()
    assert set(shop.post.statuses) == {204}
    assert (shop.books(), shop.statuses()) == (before, ["succeeded"])
