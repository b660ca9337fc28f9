"""Paying by card from the choice to the receipt: what the payer sees and what the books say (rules B-01…B-08)."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
import time_machine

from portal.core import clock, ids, jobs
from portal.doubles.stripe.objects.payments import Declined
from portal.payments import checkout
from portal.payments.jobs import sweep
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.payments.conftest import Shop, choose_card, english

DECLINED, THREE_D_SECURE, POOR = "4000000000000002", "4000002760003184", "4000000000009995"


def test_paid_by_card(shop: Shop, payer: Debtor) -> None:
    address = choose_card(payer)
    [session] = shop.sessions()
    assert address == session["url"]
    assert session["amount_total"] == 123456
    shop.double.payer.pay_by_card(session["id"])
    payer.get("/d/pay/return")
    assert "Refresh" in payer.page.headers, "the page that checks looks again by itself"
    assert shop.open_minor() == 123456, "coming back books nothing"
    shop.deliver()
    payer.get("/d/pay/return")
    [attempt] = shop.attempts()
    assert ids.spell(attempt.id).upper() in payer.text
    assert "Refresh" not in payer.page.headers
    item_id = shop.account.item_ids(shop.account.invoice_ids[0])[0]
    assert shop.open_minor() == 0
    assert shop.books() == [("card", "receivable", 123456, item_id)]
    assert shop.events() == [
        "payment.created",
        "payment.redirected",
        "item.settled",
        "invoice.settled",
        "payment.succeeded",
    ]
    assert shop.event_data("payment.succeeded") == [
        {
            "attempt_id": ids.spell(attempt.id),
            "method": "stripe",
            "amount_minor": 123456,
            "currency": "EUR",
            "item_ids": [ids.spell(item_id)],
            "excess_minor": 0,
        }
    ]
    assert shop.event_data("item.settled")[0]["value_on"] == clock.today("Europe/Rome").isoformat()


def test_the_addresses_to_come_back_to_are_the_pages_and_name_nothing(
    shop: Shop, payer: Debtor, app: PortalFlask
) -> None:
    choose_card(payer)
    [session] = shop.sessions()
    pages = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    assert pages["payments_debtor.show_return"] == checkout.RETURN_PATH
    assert pages["payments_debtor.show_left"] == checkout.LEFT_PATH
    assert session["success_url"] == "http://portal.test/d/pay/return"
    assert session["cancel_url"] == "http://portal.test/d/pay/left"


def test_declined_then_another_card(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    [session] = shop.sessions()
    with pytest.raises(Declined):
        shop.double.payer.pay_by_card(session["id"], POOR)
    shop.deliver()
    payer.get("/d/pay/left")
    assert "not enough money" in payer.text
    assert shop.statuses() == ["redirected"], "the page at Stripe is still open for another card"
    assert payer.get(payer_href(payer, "/go"), follow=False).headers["Location"] == session["url"]
    shop.double.payer.pay_by_card(session["id"])
    shop.deliver()
    assert shop.statuses() == ["succeeded"]
    assert shop.attempts()[0].why is None
    assert (shop.open_minor(), len(shop.sessions())) == (0, 1)


def payer_href(payer: Debtor, ending: str) -> str:
    return next(part for part in payer.text.split('"') if part.endswith(ending))


@pytest.mark.parametrize("approve", [True, False])
def test_three_d_secure(shop: Shop, payer: Debtor, approve: bool) -> None:
    choose_card(payer)
    [session] = shop.sessions()
    assert shop.double.payer.pay_by_card(session["id"], THREE_D_SECURE) == "authenticate"
    shop.deliver()
    assert shop.open_minor() == 123456
    if approve:
        shop.double.payer.authenticate(session["id"])
    else:
        with pytest.raises(Declined):
            shop.double.payer.authenticate(session["id"], approve=False)
    shop.deliver()
    payer.get("/d/pay/return" if approve else "/d/pay/left")
    assert shop.statuses() == (["succeeded"] if approve else ["redirected"])
    assert ("wanted you to confirm it" in payer.text) is not approve


def test_leaving_keeps_the_payment_open_and_stopping_closes_it_at_stripe(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    payer.get("/d/pay/left")
    assert "Nothing was charged." in payer.text
    payer.get("/d/pay")
    assert "A payment is open" in payer.text
    payer.submit("/stop")
    assert payer.path == "/d/pay"
    assert [s["status"] for s in shop.sessions()] == ["expired"]
    assert shop.statuses() == ["cancelled"]
    shop.deliver()
    assert shop.statuses() == ["cancelled"]
    choose_card(payer)
    assert [s["status"] for s in shop.sessions()] == ["expired", "open"]


def test_stopping_what_was_paid_meanwhile_books_it(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    payer.get("/d/pay")
    [session] = shop.sessions()
    shop.double.payer.pay_by_card(session["id"])
    payer.submit("/stop")
    assert payer.path.startswith("/d/payments/")
    assert "Paid. Thank you" in payer.text
    assert shop.open_minor() == 0


def test_a_page_that_ran_out_frees_what_it_reserved(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    with time_machine.travel(clock.now() + timedelta(minutes=56)):
        shop.double.tick()
        shop.deliver()
        assert shop.statuses() == ["expired"]
        payer.enter(shop.account.link(), shop.account.fact)
        assert choose_card(payer) == shop.sessions()[-1]["url"]
        assert shop.statuses() == ["expired", "redirected"]


def test_a_page_that_ran_out_unheard_is_replaced_at_the_next_click(shop: Shop, debtor: Debtor) -> None:
    debtor.enter(shop.account.link(), shop.account.fact)
    choose_card(debtor)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        debtor.enter(shop.account.link(), shop.account.fact)
        assert choose_card(debtor) == shop.sessions()[-1]["url"]
    assert [s["status"] for s in shop.sessions()] == ["expired", "open"]


def test_a_bank_debit_is_on_its_way_and_then_paid(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    [session] = shop.sessions()
    shop.double.payer.pay_by_debit(session["id"])
    shop.deliver()
    payer.get("/d/pay/return")
    assert "We are waiting for your bank" in payer.text
    assert (shop.statuses(), shop.open_minor()) == (["processing"], 123456)
    assert shop.event_data("item.held")[0]["reason"] == "payment_processing"
    payer.get("/d/pay")
    assert "A payment is open" in payer.text
    assert "/d/pay/card" not in payer.text, "nobody can pay twice meanwhile"
    assert "/stop" not in payer.text
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert (shop.statuses(), shop.open_minor()) == (["succeeded"], 0)


def test_a_bank_debit_that_is_refused_opens_everything_again(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    [session] = shop.sessions()
    shop.double.payer.pay_by_debit(session["id"], "AT861904300235473202")
    shop.deliver()
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert (shop.statuses(), shop.open_minor()) == (["failed"], 123456)
    assert shop.events("item.released") == ["item.released"]
    payer.get("/d/pay/return")
    assert "The payment did not go through" in payer.text
    assert choose_card(payer) == shop.sessions()[-1]["url"]


def test_the_return_address_typed_by_hand_changes_nothing(shop: Shop, payer: Debtor) -> None:
    assert payer.get("/d/pay/return", follow=False).status_code == 303
    choose_card(payer)
    before = (shop.statuses(), shop.books(), shop.events())
    for _ in range(3):
        payer.get("/d/pay/return?session_id=cs_test_paid&status=paid&amount=1")
        payer.get("/d/pay/left?look=9")
    jobs.work_off()
    assert (shop.statuses(), shop.books(), shop.events()) == before


def test_a_visitor_of_another_debtor_sees_no_payment(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    choose_card(payer)
    [attempt] = shop.attempts()
    from_elsewhere = english(app)
    other = shop.another_debtor()
    from_elsewhere.enter(other.link(), other.fact)
    from_elsewhere.get("/d/pay")
    token = {"csrf_token": from_elsewhere.csrf(), "command_id": ids.spell(ids.new_id())}
    assert from_elsewhere.post(f"/d/payments/{ids.spell(attempt.id)}/stop", token).status_code == 404
    assert shop.statuses() == ["redirected"]
    for ending in ("", "/go"):
        assert from_elsewhere.get(f"/d/payments/{ids.spell(attempt.id)}{ending}").status_code == 404
        assert payer.get(f"/d/payments/{ids.spell(attempt.id)}{ending}", follow=False).status_code in {200, 303}


def test_the_hosted_page_opens_under_the_address_that_the_payer_is_sent_to(shop: Shop, payer: Debtor) -> None:
    address = choose_card(payer)
    page = requests.get(address, timeout=5)
    assert page.status_code == 200
    assert "128/2026" in page.text
    policy = payer.get("/d/pay").headers["Content-Security-Policy"]
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    assert origin in policy.partition("form-action")[2].partition(";")[0]


def test_no_script_of_stripe_and_no_field_for_a_card(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    assert "js.stripe.com" not in payer.text
    assert "<script" not in payer.text
    assert "cc-number" not in payer.text
    assert "js.stripe.com" not in payer.page.headers["Content-Security-Policy"]


def test_the_sweep_leaves_fresh_attempts_alone(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    asked = len(shop.double.requests)
    sweep()
    assert len(shop.double.requests) == asked
