"""Events of the Stripe double on their way: signed, whole, and only to whom they belong (B-05, B-06)."""

import json
import time
from datetime import timedelta

import pytest
import stripe
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from portal.doubles.stripe import PLATFORM, StripeDouble
from portal.doubles.stripe.examples import Inbox, payment
from portal.doubles.stripe.webhooks import signature

SECRET = "whsec_of_the_tests"
PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "charge.updated",
]


@pytest.fixture
def receiver() -> Inbox:
    return Inbox(SECRET)


@pytest.fixture
def double(receiver: Inbox) -> StripeDouble:
    double = StripeDouble(background=False, seed=1, send=receiver.post)
    double.add_endpoint("http://127.0.0.1:9/in/stripe", SECRET)
    return double


def pay(double: StripeDouble, **options) -> str:
    session = double.client_in_process(**options).v1.checkout.sessions.create(params=payment())
    double.payer.pay_by_card(session.id)
    return session.id


def test_the_signature_is_the_vector_of_rule_b05():
    body = '{"id":"evt_1","object":"event","type":"checkout.session.completed"}'
    expected = "t=1760000000,v1=3b9f5680a51274ae1c10d2d60cbaf203de6f8f14fc159777fa0a4e65248551cd"
    assert signature(body, ["whsec_test_secret"], 1760000000) == expected


def test_events_go_over_http_and_verify(httpserver: HTTPServer):
    arrived: list[stripe.Event] = []

    def take(request: Request) -> Response:
        header = request.headers["Stripe-Signature"]
        arrived.append(stripe.Webhook.construct_event(request.get_data(), header, SECRET))
        return Response(status=204)

    httpserver.expect_request("/in/stripe", method="POST").respond_with_handler(take)
    with StripeDouble(background=False) as double:
        double.add_endpoint(httpserver.url_for("/in/stripe"), SECRET)
        session = pay(double)
        double.webhooks.drain()
    assert [event.type for event in arrived] == PAID
    completed = arrived[3].data.object
    assert (completed.id, completed.payment_status, completed.amount_total) == (session, "paid", 12050)
    assert completed.metadata["attempt"] == "attempt-1"


def test_the_worker_delivers_by_itself(receiver):
    with StripeDouble(send=receiver.post) as double:
        double.add_endpoint("http://127.0.0.1:9/in", SECRET)
        pay(double)
        double.webhooks.drain()
    assert receiver.types == PAID


def test_an_event_shows_who_caused_it_and_how_it_was_then(double, receiver):
    session = pay(double)
    client = double.client_in_process()
    charge = double.all("charge")[0]["id"]
    client.v1.refunds.create(params={"charge": charge}, options={"idempotency_key": "r-1"})
    double.webhooks.drain()
    by_payer, by_api = receiver.events[3], receiver.events[-1]
    assert (by_payer.request.id, by_payer.request.idempotency_key) == (None, None)
    assert (by_api.type, by_api.request.idempotency_key) == ("charge.refunded", "r-1")
    assert by_api.request.id == double.requests[-1].request_id
    assert receiver.events[1].data.object.amount_refunded == 0
    assert by_api.data.previous_attributes.amount_refunded == 0
    assert by_payer.data.object.id == session
    assert by_api.api_version == stripe.api_version


def test_the_log_can_be_read_and_filtered(double, receiver):
    pay(double)
    events = double.client_in_process().v1.events
    assert [e.type for e in events.list().data] == PAID[::-1]
    assert len(events.list(params={"type": "payment_intent.*"}).data) == 2
    assert len(events.list(params={"types": ["charge.updated", "charge.succeeded"]}).data) == 2
    assert len(events.list(params={"delivery_success": False}).data) == 5
    double.webhooks.drain()
    assert len(events.list(params={"delivery_success": True}).data) == 5
    event = events.retrieve(receiver.events[0].id)
    assert (event.type, event.pending_webhooks) == ("payment_intent.created", 0)
    double.advance(timedelta(days=31))
    assert events.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        events.retrieve(event.id)


def test_a_connect_endpoint_gets_the_connected_accounts_events_with_its_name():
    inboxes: dict[str, list[dict]] = {"own": [], "platform": [], "connect": []}

    def send(url: str, body: bytes, _headers: dict[str, str]) -> int:
        inboxes[url.rpartition("/")[2]].append(json.loads(body))
        return 200

    double = StripeDouble(background=False, send=send)
    double.accounts.add("acct_1Rossi", key="sk_test_rossi_000000")
    double.accounts.connect(PLATFORM, "acct_1Rossi")
    double.add_endpoint("http://127.0.0.1:9/own", SECRET, account="acct_1Rossi")
    double.add_endpoint("http://127.0.0.1:9/platform", SECRET)
    double.add_endpoint("http://127.0.0.1:9/connect", SECRET, connect=True)
    pay(double, account="acct_1Rossi")
    double.webhooks.drain()
    assert inboxes["platform"] == []
    assert {e["account"] for e in inboxes["connect"]} == {"acct_1Rossi"}
    assert all("account" not in e for e in inboxes["own"])
    assert [e["type"] for e in inboxes["connect"]] == [e["type"] for e in inboxes["own"]] == PAID
    listed = double.client_in_process(account="acct_1Rossi").v1.events.list()
    assert {e.account for e in listed.data} == {"acct_1Rossi"}


def test_an_endpoint_gets_only_what_it_asked_for_and_of_its_mode(double, receiver):
    double.add_endpoint("http://127.0.0.1:9/in/stripe", SECRET, events=("checkout.session.completed",))
    double.add_endpoint("http://127.0.0.1:9/live", SECRET, livemode=True)
    pay(double)
    double.webhooks.drain()
    assert receiver.types == ["checkout.session.completed"]


def test_while_a_secret_is_rolled_both_verify(double, receiver):
    endpoint = double.all("webhook_endpoint")[0]["id"]
    double.roll_secret(endpoint, "whsec_new")
    pay(double)
    double.webhooks.drain()
    receiver.secret = "whsec_new"
    pay(double)
    double.webhooks.drain()
    assert receiver.types == PAID * 2
    double.roll_secret(endpoint, "whsec_newest", keep_old=False)
    pay(double)
    with pytest.raises(stripe.SignatureVerificationError):
        double.webhooks.drain()


def test_endpoints_can_be_made_and_removed_by_the_api(double, receiver):
    endpoints = double.client_in_process().v1.webhook_endpoints
    params = {"url": "http://127.0.0.1:9/other", "enabled_events": ["charge.refunded"]}
    made = endpoints.create(params=params)
    assert made.secret.startswith("whsec_")
    assert "secret" not in endpoints.retrieve(made.id)
    assert endpoints.list().data[0].id == made.id
    receiver.secret = made.secret
    pay(double)
    endpoints.delete(double.all("webhook_endpoint")[0]["id"])
    double.client_in_process().v1.refunds.create(params={"charge": double.all("charge")[0]["id"]})
    double.webhooks.drain()
    assert receiver.types == ["charge.refunded"]
    with pytest.raises(stripe.InvalidRequestError):
        endpoints.create(params={**params, "enabled_events": ["invoice.invented"]})


def test_a_session_that_expires_tells_it(double, receiver):
    client = double.client_in_process()
    client.v1.checkout.sessions.create(params=payment(expires_at=int(time.time()) + 1900))
    double.advance(timedelta(hours=1))
    double.clock.skew = timedelta(0)
    double.webhooks.drain()
    assert receiver.types == ["checkout.session.expired"]
    assert receiver.events[0].data.object.status == "expired"
