"""Disputes at the Stripe double: who has the money while the cardholder and the account argue (B-13)."""

from collections.abc import Iterator

import pytest
import stripe

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import paid_charge
from portal.doubles.stripe.refusals import Refusal


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(background=False) as running:
        yield running


@pytest.fixture
def client(double: StripeDouble) -> stripe.StripeClient:
    return double.client()


def net(double: StripeDouble) -> int:
    return sum(t["net"] for t in double.all("balance_transaction"))


@pytest.mark.parametrize(("won", "status", "left"), [(True, "won", 9825 - 2000), (False, "lost", -175 - 2000)])
def test_a_dispute_takes_the_money_and_only_winning_returns_it(double, client, won, status, left):
    charge = paid_charge(double, 10000)
    dispute = client.v1.disputes.retrieve(double.bank.dispute(charge)["id"])
    assert (dispute.status, dispute.amount, dispute.charge) == ("needs_response", 10000, charge)
    assert client.v1.charges.retrieve(charge).disputed
    assert net(double) == -175 - 2000
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params={"charge": charge})
    assert caught.value.code == "charge_disputed"
    double.bank.close_dispute(dispute.id, won=won)
    assert client.v1.disputes.retrieve(dispute.id).status == status
    assert net(double) == left
    assert double.event_types()[-1] == "charge.dispute.closed"
    with pytest.raises(Refusal):
        double.bank.close_dispute(dispute.id, won=not won)


def test_a_partial_dispute_leaves_the_rest_refundable(double, client):
    charge = paid_charge(double, 10000)
    double.bank.dispute(charge, amount=6000)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(params={"charge": charge, "amount": 4001})
    assert client.v1.refunds.create(params={"charge": charge, "amount": 4000}).status == "succeeded"


def test_an_inquiry_asks_and_takes_nothing(double, client):
    charge = paid_charge(double, 10000, "4000000000001976")
    dispute = client.v1.disputes.list(params={"charge": charge}).data[0]
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert net(double) == 9825
    assert client.v1.disputes.close(dispute.id).status == "warning_closed"


@pytest.mark.parametrize(("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_decides_as_in_stripes_test_mode(double, client, text, status):
    charge = paid_charge(double, 10000, "4000000000000259")
    dispute = client.v1.disputes.list(params={"charge": charge}).data[0]
    draft = {"evidence": {"product_description": "Impianto"}, "submit": False}
    assert client.v1.disputes.update(dispute.id, params=draft).status == "needs_response"
    answered = client.v1.disputes.update(dispute.id, params={"evidence": {"uncategorized_text": text}})
    assert (answered.status, answered.evidence.product_description) == (status, "Impianto")
