"""Events of the Stripe double in trouble: refused, lost, twice, late, out of order, with a wrong clock (B-06)."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import requests
import stripe

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import Inbox, paid_charge

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


def test_a_refusal_is_tried_again_with_a_fresh_signature_until_it_is_taken(double, receiver):
    receiver.statuses = [500, 302]
    double.webhooks.drop("payment_intent.*")
    double.webhooks.drop("charge.*")
    paid_charge(double)
    assert double.webhooks.pump() == 1
    assert double.webhooks.pump() == 0  # not before its time
    double.advance(timedelta(seconds=1))
    assert double.webhooks.pump() == 1
    double.advance(timedelta(seconds=3))
    assert double.webhooks.pump() == 1
    assert [d.statuses for d in double.webhooks.deliveries if d.statuses] == [[500, 302, 200]]
    assert len({event.id for event in receiver.events}) == 1


def test_a_receiver_that_is_down_is_given_up_in_the_end(receiver):
    def down(url: str, body: bytes, headers: dict[str, str]) -> int:
        raise requests.ConnectionError("nobody there")

    double = StripeDouble(background=False, send=down, back_off=(timedelta(seconds=1),) * 2)
    double.add_endpoint("http://127.0.0.1:9/in", SECRET)
    paid_charge(double)
    assert double.webhooks.drain() == 3 * len(PAID)
    assert {d.state for d in double.webhooks.deliveries} == {"given_up"}
    assert {e["pending_webhooks"] for e in double.all("event")} == {1}


def test_events_can_be_lost(double, receiver):
    double.webhooks.drop("checkout.session.*", times=1)
    paid_charge(double)
    double.webhooks.drain()
    assert receiver.types == [t for t in PAID if not t.startswith("checkout")]
    assert "checkout.session.completed" in double.event_types()
    receiver.events.clear()
    paid_charge(double)
    double.webhooks.drain()
    assert receiver.types == PAID


def test_events_can_come_twice(double, receiver):
    double.webhooks.duplicate("checkout.session.completed")
    paid_charge(double)
    double.webhooks.drain()
    assert receiver.types.count("checkout.session.completed") == 2
    assert len(set(receiver.types)) == len(PAID)


@pytest.mark.parametrize("seed", range(5))
def test_events_can_come_in_another_order(double, receiver, seed):
    double.webhooks.hold()
    paid_charge(double)
    assert double.webhooks.drain() == 0
    double.webhooks.release("shuffled", random.Random(seed))
    double.webhooks.drain()
    expected = PAID.copy()
    random.Random(seed).shuffle(expected)
    assert receiver.types == expected


def test_events_can_come_backwards(double, receiver):
    double.webhooks.hold()
    paid_charge(double)
    double.webhooks.release("reversed")
    double.webhooks.pump()
    assert receiver.types == PAID[::-1]


def test_events_can_be_four_days_late():
    start = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    arrived: list[str] = []

    def send(_url: str, body: bytes, _headers: dict[str, str]) -> int:
        arrived.append(json.loads(body)["type"])
        return 200

    double = StripeDouble(background=False, send=send, now=lambda: start)
    double.add_endpoint("http://127.0.0.1:9/in", SECRET)
    double.webhooks.delay(timedelta(days=4), "checkout.session.completed")
    paid_charge(double)
    double.webhooks.drain()
    assert "checkout.session.completed" not in arrived
    double.advance(timedelta(days=4))
    double.webhooks.drain()
    assert arrived[-1] == "checkout.session.completed"


@pytest.mark.parametrize(("skew", "accepted"), [(-299, True), (-310, False)])
def test_a_clock_that_goes_wrong_shows_in_the_signature(double, receiver, skew, accepted):
    double.clock.skew = timedelta(seconds=skew + 1)
    paid_charge(double)
    if accepted:
        double.webhooks.drain()
        assert receiver.types == PAID
    else:
        with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
            double.webhooks.drain()
