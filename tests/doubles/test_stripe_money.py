"""Refunds, debits and balance transactions of the Stripe double: the cents add up (B-07…B-13)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.doubles.stripe import Manner, StripeDouble
from portal.doubles.stripe.examples import paid_charge, payment
from portal.doubles.stripe.objects.payments import Declined, SessionClosed
from portal.doubles.stripe.refusals import Refusal

REFUND_FAILS = "4000000000005126"
REFUND_PENDING = "4000000000007726"


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(background=False) as running:
        yield running


@pytest.fixture
def client(double: StripeDouble) -> stripe.StripeClient:
    return double.client()


def net(double: StripeDouble) -> int:
    return sum(t["net"] for t in double.all("balance_transaction"))


def moved(double: StripeDouble) -> list[tuple[str, int, int]]:
    return [(t["type"], t["amount"], t["fee"]) for t in double.all("balance_transaction")]


def test_a_charge_brings_its_amount_less_the_fee(double, client):
    charge = client.v1.charges.retrieve(paid_charge(double, 10000), params={"expand": ["balance_transaction"]})
    money = charge.balance_transaction
    assert (money.amount, money.fee, money.net, money.status) == (10000, 175, 9825, "pending")
    double.advance(timedelta(days=8))
    assert client.v1.balance_transactions.retrieve(money.id).status == "available"


def test_the_money_comes_just_after_the_charge(double):
    paid_charge(double)
    events = {e["type"]: e["data"] for e in double.all("event")}
    assert events["charge.succeeded"]["object"]["balance_transaction"] is None
    assert events["charge.updated"]["object"]["balance_transaction"].startswith("txn_")
    assert events["charge.updated"]["previous_attributes"] == {"balance_transaction": None}


def test_refunds_go_up_to_the_charge_and_not_a_cent_beyond(double, client):
    charge = paid_charge(double, 10000)
    intent = client.v1.charges.retrieve(charge).payment_intent
    first = client.v1.refunds.create(params={"payment_intent": intent, "amount": 2500})
    assert (first.status, first.charge, first.amount) == ("succeeded", charge, 2500)
    with pytest.raises(stripe.InvalidRequestError, match=r"\(€75\.01\) is greater .* \(€75\.00\)") as caught:
        client.v1.refunds.create(params={"charge": charge, "amount": 7501})
    assert caught.value.param == "amount"
    assert client.v1.refunds.create(params={"charge": charge}).amount == 7500
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params={"charge": charge})
    assert caught.value.code == "charge_already_refunded"
    after = client.v1.charges.retrieve(charge, params={"expand": ["refunds"]})
    assert (after.amount_refunded, after.refunded, len(after.refunds.data)) == (10000, True, 2)
    assert moved(double) == [("charge", 10000, 175), ("refund", -2500, 0), ("refund", -7500, 0)]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": "ten"}, "amount"),
        ({"reason": "changed_mind"}, "reason"),
        ({"charge": "ch_none"}, "charge"),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused(double, client, params, param):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params={"charge": paid_charge(double), **params})
    assert caught.value.param == param
    assert double.all("refund") == []


def test_what_was_never_paid_cannot_be_refunded(double, client):
    session = client.v1.checkout.sessions.create(params=payment())
    double.payer.pay_by_debit(session.id)
    intent = double.all("payment_intent")[0]
    for params in ({"payment_intent": intent["id"]}, {"charge": intent["latest_charge"]}, {}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create(params=params)


def test_a_refund_that_fails_later_opens_the_amount_again(double, client):
    charge = paid_charge(double, 10000, REFUND_FAILS)
    refund = client.v1.refunds.create(params={"charge": charge})
    assert refund.status == "succeeded"
    double.advance(timedelta(minutes=1))
    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert client.v1.charges.retrieve(charge).amount_refunded == 0
    assert net(double) == 9825
    assert double.event_types()[-4:] == [
        "charge.updated",
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
    ]
    assert client.v1.refunds.create(params={"charge": charge, "amount": 10000}).amount == 10000


@pytest.mark.parametrize(("verdict", "refunded"), [("succeeded", 4000), ("failed", 0), ("canceled", 0)])
def test_a_pending_refund_ends_one_way(double, client, verdict, refunded):
    charge = paid_charge(double, 10000, REFUND_PENDING)
    refund = client.v1.refunds.create(params={"charge": charge, "amount": 4000})
    assert refund.status == "pending"
    double.bank.conclude_refund(refund.id, verdict)
    assert client.v1.refunds.retrieve(refund.id).status == verdict
    assert client.v1.charges.retrieve(charge).amount_refunded == refunded
    double.advance(timedelta(days=1))
    assert client.v1.refunds.retrieve(refund.id).status == verdict


def test_a_debit_settles_when_the_bank_says_so(double, client):
    session = client.v1.checkout.sessions.create(params=payment(10000))
    assert double.payer.pay_by_debit(session.id) == "processing"
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    double.bank.settle(intent)
    assert client.v1.payment_intents.retrieve(intent).status == "succeeded"
    assert moved(double) == [("payment", 10000, 35)]
    with pytest.raises(ValueError, match="not processing"):
        double.bank.settle(intent)


def test_a_debit_may_come_back_after_it_was_paid(double, client):
    session = client.v1.checkout.sessions.create(params=payment(10000))
    double.payer.pay_by_debit(session.id, "AT591904300235473203")
    double.advance(timedelta(minutes=1))
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert [d["status"] for d in double.all("dispute")] == ["lost"]
    assert net(double) == -35 - 2000


def test_a_debits_refund_takes_its_time(double, client):
    session = client.v1.checkout.sessions.create(params=payment(10000))
    double.payer.pay_by_debit(session.id)
    double.advance(timedelta(minutes=1))
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    refund = client.v1.refunds.create(params={"payment_intent": intent})
    assert (refund.status, refund.id[:4]) == ("pending", "pyr_")
    double.advance(timedelta(minutes=1))
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_balance_transactions_are_found_by_source_and_type(double, client):
    charge = paid_charge(double)
    paid_charge(double)
    refund = client.v1.refunds.create(params={"charge": charge, "amount": 100})
    listed = client.v1.balance_transactions.list
    assert [t.source for t in listed(params={"type": "refund"}).data] == [refund.id]
    assert [t.type for t in listed(params={"source": charge}).data] == ["charge"]
    assert len(listed().data) == 3


STEP = st.one_of(
    st.tuples(st.just("refund"), st.integers(1, 12000)),
    st.tuples(st.just("dispute"), st.integers(1, 12000)),
    st.tuples(st.just("close"), st.booleans()),
    st.tuples(st.just("fail refund"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=14))
def test_whatever_happens_no_more_goes_out_than_came_in(steps):
    """Captured ≥ refunded + held by disputes, and the balance equals what the objects say."""
    double = StripeDouble(background=False, seed=7, manner=Manner(dispute_fee=0))
    client = double.client_in_process()
    charge = paid_charge(double, 10000)
    for what, value in steps:
        try:
            if what == "refund":
                client.v1.refunds.create(params={"charge": charge, "amount": value})
            elif what == "dispute":
                double.bank.dispute(charge, amount=value)
            elif what == "close" and double.all("dispute"):
                double.bank.close_dispute(double.all("dispute")[-1]["id"], won=value)
            elif what == "fail refund" and double.all("refund"):
                double.bank.conclude_refund(double.all("refund")[-1]["id"], "failed")
        except (stripe.InvalidRequestError, Refusal, ValueError):
            continue  # refused: nothing may have moved
    refunded = sum(r["amount"] for r in double.all("refund") if r["status"] == "succeeded")
    held = sum(d["amount"] for d in double.all("dispute") if d["status"] in {"needs_response", "lost"})
    assert refunded + held <= 10000
    assert double.all("charge")[0]["amount_refunded"] == refunded
    assert net(double) == 10000 - 175 - refunded - held


def test_a_closed_session_takes_no_second_payment(double, client):
    session = client.v1.checkout.sessions.create(params=payment())
    with pytest.raises(Declined):
        double.payer.pay_by_card(session.id, "4000000000000002")
    double.payer.pay_by_card(session.id)
    with pytest.raises(SessionClosed):
        double.payer.pay_by_debit(session.id)
    assert [c["status"] for c in double.all("charge")] == ["failed", "succeeded"]


def test_a_debit_that_had_paid_comes_back_with_a_movement_of_its_own(double, client):
    session = client.v1.checkout.sessions.create(params=payment(10000))
    double.payer.pay_by_debit(session.id)
    with pytest.raises(ValueError):
        double.bank.bounce(double.all("charge")[-1]["id"])  # not paid yet
    double.bank.settle(double.all("payment_intent")[-1]["id"])
    double.bank.bounce(double.all("charge")[-1]["id"])
    again = client.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["payment_intent.latest_charge.failure_balance_transaction"]}
    )
    assert (again.status, again.payment_status) == ("complete", "unpaid")
    charge = again.payment_intent.latest_charge
    assert (charge.status, charge.failure_code) == ("failed", "insufficient_funds")
    assert charge.failure_balance_transaction.amount == -10000
    assert [(kind, amount) for kind, amount, _ in moved(double)] == [
        ("payment", 10000), ("payment_failure_refund", -10000)
    ]  # fmt: skip
    assert double.event_types()[-1] == "checkout.session.async_payment_failed"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(params={"payment_intent": again.payment_intent.id})


def test_a_card_does_not_bounce(double):
    with pytest.raises(ValueError):
        double.bank.bounce(paid_charge(double))


def test_an_account_whose_debits_come_back_by_themselves(double, client):
    session = client.v1.checkout.sessions.create(params=payment(10000))
    double.payer.pay_by_debit(session.id, "AT751904300235473206")
    double.advance(double.backend.manner.bank_debit_takes)
    assert double.all("charge")[-1]["status"] == "succeeded"
    double.advance(double.backend.manner.bounce_takes)
    double.tick()
    assert [amount for _, amount, _ in moved(double)] == [10000, -10000]
