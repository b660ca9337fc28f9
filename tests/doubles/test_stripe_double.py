"""The Stripe double as a whole: its memory on disk, its repeatable ids, its dashboard, its many callers at once."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import stripe

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import payment


def test_a_second_start_finds_everything_again_and_at_the_same_address(tmp_path: Path):
    file = tmp_path / "stripe.json"
    with StripeDouble(background=False, snapshot=file) as first:
        first.add_endpoint("http://127.0.0.1:9/in", "whsec_x")
        client, options = first.client(), {"idempotency_key": "attempt-1"}
        session = client.v1.checkout.sessions.create(params=payment(), options=options)
        paid = client.v1.checkout.sessions.create(params=payment())
        first.payer.pay_by_card(paid.id)
        port = first.url
    with StripeDouble(background=False, snapshot=file) as second:
        client = second.client()
        second.add_endpoint("http://127.0.0.1:9/in", "whsec_x")
        assert second.url == port
        assert client.v1.checkout.sessions.retrieve(session.id).url == session.url
        assert client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
        again = client.v1.checkout.sessions.create(params=payment(), options=options)
        assert again.id == session.id
        assert len(second.all("webhook_endpoint")) == 1
        assert [d.state for d in second.webhooks.deliveries] == ["pending"] * 5
        assert requests.get(session.url, timeout=10).status_code == 200


def test_where_the_address_is_taken_another_one_serves(tmp_path: Path):
    file = tmp_path / "stripe.json"
    with StripeDouble(background=False, snapshot=file) as first:
        first.client().v1.checkout.sessions.create(params=payment())
    with (
        StripeDouble(background=False, snapshot=file) as second,
        StripeDouble(background=False, snapshot=file) as third,
    ):
        assert second.url != third.url
        assert third.all("checkout.session")[0]["url"].startswith(third.url)


def test_a_named_port_that_is_taken_is_an_error():
    with StripeDouble(background=False) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            StripeDouble(background=False, port=port).start()


def test_a_seed_makes_the_same_story_twice():
    def story() -> list[str]:
        double = StripeDouble(background=False, seed=42)
        client = double.client_in_process()
        session = client.v1.checkout.sessions.create(params=payment(expires_at=None))
        double.payer.pay_by_card(session.id)
        return [e["id"] for e in double.all("event")] + [session.id]

    assert story() == story()


def test_one_key_and_many_callers_make_one_session():
    with StripeDouble(background=False) as double:
        made, refused = [], []

        def call() -> None:
            options = {"idempotency_key": "attempt-1"}
            try:
                made.append(double.client().v1.checkout.sessions.create(params=payment(), options=options).id)
            except stripe.StripeError as error:
                refused.append(error.http_status)

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(double.all("checkout.session")) == len(set(made)) == 1
        assert set(refused) <= {409}


def test_many_refunds_at_once_never_exceed_the_charge():
    with StripeDouble(background=False) as double:
        session = double.client().v1.checkout.sessions.create(params=payment(10000))
        double.payer.pay_by_card(session.id)
        charge = double.all("charge")[0]["id"]

        refused = []

        def refund() -> None:
            try:
                double.client().v1.refunds.create(params={"charge": charge, "amount": 3000})
            except stripe.InvalidRequestError as error:
                refused.append(error.param)

        threads = [threading.Thread(target=refund) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [r["amount"] for r in double.all("refund")] == [3000] * 3
        assert refused == ["amount"] * 3


def test_the_dashboard_shows_what_happened_and_does_what_banks_do():
    with StripeDouble(background=False) as double:
        session = double.client().v1.checkout.sessions.create(params=payment(10000))
        double.payer.pay_by_card(session.id)
        charge = double.all("charge")[0]["id"]
        address = f"{double.url}/dashboard"
        page = requests.get(double.url, timeout=10)
        assert page.url == address
        assert charge in page.text
        assert "<script" not in page.text
        requests.post(address, data={"id": charge, "act": "Cardholder disputes"}, timeout=10)
        dispute = double.all("dispute")[0]
        requests.post(address, data={"id": dispute["id"], "act": "We lose"}, timeout=10)
        assert double.all("dispute")[0]["status"] == "lost"
        again = requests.post(address, data={"id": dispute["id"], "act": "We lose"}, timeout=10)
        assert again.status_code == 409


def test_the_dashboard_settles_a_debit():
    with StripeDouble(background=False) as double:
        session = double.client().v1.checkout.sessions.create(params=payment())
        double.payer.pay_by_debit(session.id)
        intent = double.all("payment_intent")[0]["id"]
        requests.post(f"{double.url}/dashboard", data={"id": intent, "act": "Bank pays"}, timeout=10)
        assert double.all("checkout.session")[0]["payment_status"] == "paid"


def test_time_works_in_the_background():
    """The worker alone expires, settles and delivers: nobody calls `tick`."""
    arrived = threading.Event()

    def send(_url: str, body: bytes, _headers: dict[str, str]) -> int:
        if b"async_payment_succeeded" in body:
            arrived.set()
        return 200

    with StripeDouble(send=send) as double:
        double.add_endpoint("http://127.0.0.1:9/in", "whsec_x")
        session = double.client().v1.checkout.sessions.create(params=payment())
        double.payer.pay_by_debit(session.id)
        double.clock.skew = timedelta(minutes=1)
        assert arrived.wait(timeout=30)


def test_stopping_lets_a_hanging_caller_go():
    double = StripeDouble(background=False).start()
    double.faults.hang()
    client, outcome = double.client(), []

    def call() -> None:
        try:
            client.v1.accounts.retrieve_current()
        except stripe.StripeError as error:
            outcome.append(type(error).__name__)

    caller = threading.Thread(target=call)
    with double.faults.holding("nothing"):
        caller.start()
    double.stop()
    caller.join(timeout=30)
    assert outcome == ["APIConnectionError"]
