"""The Stripe double saves cards and bank accounts on its hosted page, and charges them while their payer is away."""

from typing import Any

import pytest
import stripe

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import payment, saving

TYPED = {"email": "m@example.com", "name": "Maria Bianchi", "expiry": "12/34", "cvc": "123", "method": "card"}


@pytest.fixture
def double() -> StripeDouble:
    return StripeDouble(background=False, seed=5, send=lambda *_: 200)


def opened(double: StripeDouble, **changes: Any) -> str:
    return str(double.client_in_process().v1.checkout.sessions.create(params=saving(**changes)).id)


def charged(double: StripeDouble, session_id: str, **changes: Any) -> stripe.PaymentIntent:
    client = double.client_in_process()
    session = client.v1.checkout.sessions.retrieve(session_id, params={"expand": ["setup_intent"]})
    intent: Any = session.setup_intent
    params: Any = {
        "amount": 2000,
        "currency": "eur",
        "customer": session.customer,
        "payment_method": intent.payment_method,
        "off_session": True,
        "confirm": True,
    }
    return client.v1.payment_intents.create(params={**params, **changes})


def test_saved_on_the_page_with_3d_secure_and_charged_without(double: StripeDouble) -> None:
    session_id = opened(double)
    page, address = double.app.test_client(), f"/c/pay/{session_id}"
    assert "Save a way to pay" in page.get(address, headers={"Accept-Language": "en"}).text
    answer = page.post(address, data={**TYPED, "number": "4000 0025 0000 3155"})
    assert answer.headers["Location"].endswith("/authenticate")
    assert page.get(address + "/authenticate").status_code == 200
    answer = page.post(address + "/authenticate", data={"decision": "approve"})
    assert answer.headers["Location"].startswith("http://127.0.0.1:9/paid")
    assert page.get(address).status_code == 200, "it is complete"
    assert charged(double, session_id).status == "succeeded"
    types = double.event_types()
    assert types.index("setup_intent.succeeded") < types.index("checkout.session.completed")
    assert "payment_intent.succeeded" in types


def test_a_refusal_at_the_bank_is_said_on_the_page(double: StripeDouble) -> None:
    page, address = double.app.test_client(), f"/c/pay/{opened(double)}"
    page.post(address, data={**TYPED, "number": "4000 0025 0000 3155"})
    answer = page.post(address + "/authenticate", data={"decision": "fail"})
    assert "problem" in answer.headers["Location"]
    shown = page.get(answer.headers["Location"], headers={"Accept-Language": "en"}).text
    assert "Nothing was saved" in shown
    assert page.post(address, data={**TYPED, "number": "4000 0000 0000 0002"}).status_code == 402


def test_a_bank_account_is_saved_and_its_debit_takes_its_time(double: StripeDouble) -> None:
    session_id = opened(double, allowed_payment_method_types=["sepa_debit"])
    page = double.app.test_client()
    typed = {**TYPED, "method": "sepa_debit", "iban": "AT611904300234573201"}
    assert page.post(f"/c/pay/{session_id}", data=typed).status_code == 303
    intent = charged(double, session_id)
    assert intent.status == "processing"
    double.bank.settle(intent.id)
    assert double.client_in_process().v1.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"currency": None}, "parameter_missing", "currency"),
        ({"line_items": payment()["line_items"]}, None, "line_items"),
        ({"payment_intent_data": {"metadata": {"a": "b"}}}, None, "payment_intent_data"),
        ({"setup_intent_data": {"description": "x"}}, "not_modelled_by_double", "setup_intent_data[description]"),
        ({"mode": "subscription"}, "not_modelled_by_double", "mode"),
    ],
)
def test_what_a_session_for_saving_may_not_say(
    double: StripeDouble, changes: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        opened(double, **changes)
    assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"customer": "cus_other"}, "payment_method"),
        ({"payment_method": "pm_1Nothing"}, "payment_method"),
        ({"amount": 10}, "amount"),
        ({"off_session": False}, "confirm"),
        ({"off_session": "one_off"}, "confirm"),
        ({"allowed_payment_method_types": ["sepa_debit"]}, "payment_method"),
    ],
)
def test_what_a_charge_may_not_say(double: StripeDouble, changes: dict[str, Any], param: str) -> None:
    session_id = opened(double)
    double.payer.save_card(session_id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        charged(double, session_id, **changes)
    assert refused.value.param == param
    assert double.all("charge") == []


def test_what_is_over_cannot_be_cancelled_and_what_was_let_go_of_not_charged(double: StripeDouble) -> None:
    client, session_id = double.client_in_process(), opened(double)
    double.payer.save_card(session_id)
    paid = charged(double, session_id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.cancel(paid.id)
    client.v1.payment_methods.detach(double.all("payment_method")[0]["id"])
    with pytest.raises(stripe.InvalidRequestError):
        charged(double, session_id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_methods.detach(double.all("payment_method")[0]["id"])
    assert len(double.all("charge")) == 1
