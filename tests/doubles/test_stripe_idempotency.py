"""Idempotency keys and broken connections at the Stripe double: rule B-04 can be proved against it."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
import stripe

from portal.doubles.stripe import PLATFORM, PLATFORM_KEY, StripeDouble
from portal.doubles.stripe.examples import payment

KEY = {"idempotency_key": "attempt-1"}


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(background=False) as running:
        yield running


def create(double: StripeDouble, options: dict = KEY, **changes):
    return double.client().v1.checkout.sessions.create(params=payment(**changes), options=options)


def sessions(double: StripeDouble) -> int:
    return len(double.all("checkout.session"))


def test_the_same_key_gives_the_same_answer_and_says_so(double):
    first, again = create(double), create(double)
    assert again.last_response.body == first.last_response.body
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert sessions(double) == 1
    assert [r.replayed for r in double.requests] == [False, True]


def test_a_replay_shows_the_answer_of_then_not_of_now(double):
    session = create(double)
    double.payer.pay_by_card(session.id)
    assert create(double).status == "open"


def test_other_parameters_under_the_key_are_an_error(double):
    create(double)
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        create(double, client_reference_id="attempt-2")
    assert (caught.value.http_status, caught.value.error.type) == (400, "idempotency_error")
    assert sessions(double) == 1


def test_another_endpoint_under_the_key_is_an_error(double):
    create(double)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        double.client().v1.refunds.create(params={"charge": "ch_1"}, options=KEY)


def test_a_key_in_flight_is_a_conflict(double):
    made = []
    with double.faults.holding("POST /v1/checkout/sessions") as held:
        first = threading.Thread(target=lambda: made.append(create(double)))
        first.start()
        held.wait()
        with pytest.raises(stripe.StripeError) as caught:
            create(double)
        assert (caught.value.http_status, caught.value.error.code) == (409, "idempotency_key_in_use")
    first.join()
    assert create(double).id == made[0].id
    assert sessions(double) == 1


def test_keys_belong_to_one_account(double):
    double.accounts.add("acct_1Rossi")
    double.accounts.connect(PLATFORM, "acct_1Rossi")
    here = create(double)
    there = double.client(account="acct_1Rossi").v1.checkout.sessions.create(params=payment(), options=KEY)
    assert here.id != there.id


def test_a_key_is_forgotten_after_a_day_and_not_before(double):
    first = create(double)
    double.advance(timedelta(hours=23, minutes=59))
    assert create(double).id == first.id
    double.advance(timedelta(minutes=1))
    assert create(double).id != first.id


def test_what_checking_stopped_is_not_remembered(double):
    with pytest.raises(stripe.InvalidRequestError):
        create(double, colour="red")
    assert create(double).status == "open"


def test_what_execution_refused_is_remembered(double):
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="at least 50 cents"):
            create(double, amount=10)
    assert [r.replayed for r in double.requests] == [False, True]


def test_a_key_has_at_most_255_characters(double):
    assert create(double, {"idempotency_key": "k" * 255}).status == "open"
    with pytest.raises(stripe.IdempotencyError):
        create(double, {"idempotency_key": "k" * 256})


def test_reading_needs_no_key_and_ignores_one(double):
    session = create(double)
    headers = {"Authorization": f"Bearer {PLATFORM_KEY}", "Idempotency-Key": "attempt-1"}
    answer = requests.get(f"{double.url}/v1/checkout/sessions/{session.id}", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["id"]) == (200, session.id)


@pytest.mark.parametrize("effect", [False, True])
def test_a_500_is_remembered_with_or_without_its_effect(double, effect):
    double.faults.fail(effect=effect)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(double)
        assert caught.value.http_status == 500
    assert sessions(double) == effect
    assert create(double, {"idempotency_key": "attempt-1b"}).status == "open"


@pytest.mark.parametrize(("status", "kind"), [(429, stripe.RateLimitError), (503, stripe.APIError)])
@pytest.mark.parametrize("effect", [False, True])
def test_an_answer_from_in_front_of_the_api_is_not_remembered(double, status, kind, effect):
    double.faults.fail(status=status, effect=effect)
    with pytest.raises(kind):
        create(double)
    again = create(double)
    assert again.status == "open"
    assert ("Idempotent-Replayed" in again.last_response.headers) == effect
    assert sessions(double) == 1


@pytest.mark.parametrize("effect", [False, True])
def test_a_dropped_connection_leaves_the_caller_to_look(double, effect):
    double.faults.reset(effect=effect)
    with pytest.raises(stripe.APIConnectionError):
        create(double)
    assert sessions(double) == effect
    assert create(double).id == double.all("checkout.session")[0]["id"]
    assert sessions(double) == 1
    assert double.requests[0].status == 0


@pytest.mark.parametrize("effect", [False, True])
def test_a_hanging_request_ends_with_the_clients_patience(double, effect):
    double.faults.hang(effect=effect)
    impatient = stripe.StripeClient(
        PLATFORM_KEY,
        base_addresses={"api": double.url},
        http_client=stripe.RequestsClient(timeout=0.3),
        max_network_retries=0,
    )
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.checkout.sessions.create(params=payment(), options=KEY)
    assert sessions(double) == effect


def test_the_clients_own_retry_meets_its_own_key(double):
    double.faults.reset(effect=True)
    patient = stripe.StripeClient(PLATFORM_KEY, base_addresses={"api": double.url}, max_network_retries=1)
    session = patient.v1.checkout.sessions.create(params=payment())
    assert session.last_response.headers["Idempotent-Replayed"] == "true"
    assert sessions(double) == 1


def test_a_fault_strikes_only_what_it_names(double):
    double.faults.fail(on="POST /v1/refunds")
    session = create(double)
    double.payer.pay_by_card(session.id)
    charge = double.all("charge")[0]["id"]
    with pytest.raises(stripe.APIError):
        double.client().v1.refunds.create(params={"charge": charge})
    assert double.client().v1.refunds.create(params={"charge": charge}).status == "succeeded"


def test_in_process_the_same_breaks_happen(double):
    double.faults.reset(effect=True)
    double.faults.hang()
    client = double.client_in_process()
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=payment(), options=KEY)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=payment(), options=KEY)
    again = client.v1.checkout.sessions.create(params=payment(), options=KEY)
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert sessions(double) == 1
