"""Checkout Sessions of the Stripe double through the real client: made, checked, listed, expired."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import payment


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(background=False) as running:
        yield running


@pytest.fixture
def client(double: StripeDouble) -> stripe.StripeClient:
    return double.client()


def refusal(client: stripe.StripeClient, params: dict) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(params=params)
    return caught.value


def test_a_new_session_is_open_unpaid_and_has_a_page(double, client):
    session = client.v1.checkout.sessions.create(params=payment(12050, locale="it", customer_email="m@example.com"))
    assert (session.status, session.payment_status, session.livemode) == ("open", "unpaid", False)
    assert (session.amount_total, session.currency) == (12050, "eur")
    assert session.url == f"{double.url}/c/pay/{session.id}"
    assert session.payment_intent is None
    assert session.expires_at == session.created + 24 * 3600
    assert session.metadata["attempt"] == session.client_reference_id == "attempt-1"
    assert session.customer_details.email == "m@example.com"
    assert client.v1.checkout.sessions.retrieve(session.id).to_dict() == session.to_dict()


def test_line_items_are_left_out_until_they_are_asked_for(client):
    session = client.v1.checkout.sessions.create(params=payment(700))
    assert "line_items" not in session
    expanded = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["line_items"]})
    listed = client.v1.checkout.sessions.line_items.list(session.id)
    assert [item.id for item in expanded.line_items.data] == [item.id for item in listed.data]
    assert (listed.data[0].description, listed.data[0].price.unit_amount) == ("Fattura 128", 700)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        (
            {"payment_intent_data": {"descripton": "x"}},
            "parameter_unknown",
            "payment_intent_data[descripton]",
        ),
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"mode": None}, "parameter_missing", "mode"),
        ({"success_url": None}, "parameter_missing", "success_url"),
        ({"success_url": ""}, "parameter_invalid_empty", "success_url"),
        ({"success_url": "paid"}, "url_invalid", "success_url"),
        ({"line_items": None}, "parameter_missing", "line_items"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"mode": "subscription"}, "not_modelled_by_double", "mode"),
        ({"customer": "cus_1"}, "not_modelled_by_double", "customer"),
        (
            {"allowed_payment_method_types": ["klarna"]},
            "not_modelled_by_double",
            "allowed_payment_method_types",
        ),
        ({"locale": "klingon"}, None, "locale"),
        ({"customer_email": "maria"}, "email_invalid", "customer_email"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
        ({"metadata": {"x" * 41: "1"}}, None, "metadata"),
        ({"metadata": {"x": "1" * 501}}, None, "metadata[x]"),
        ({"metadata": {f"k{n}": "1" for n in range(51)}}, None, "metadata"),
        (
            {"payment_intent_data": {"application_fee_amount": 5}},
            None,
            "payment_intent_data[application_fee_amount]",
        ),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(double, client, changes, code, param):
    error = refusal(client, payment(**changes))
    assert (error.http_status, error.code, error.param) == (400, code, param)
    assert error.error.type == "invalid_request_error"
    assert error.request_id.startswith("req_")
    assert double.all("checkout.session") == []


@pytest.mark.parametrize(
    ("line", "code", "param"),
    [
        ({"quantity": 1}, "parameter_missing", "line_items[0][price_data]"),
        ({"price_data": {"unit_amount": 5}}, "parameter_missing", "line_items[0][price_data][currency]"),
        (
            {
                "quantity": 1,
                "price_data": {"currency": "eur", "unit_amount": 12.5, "product_data": {"name": "x"}},
            },
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        (
            {
                "quantity": 1,
                "price_data": {"currency": "eur", "unit_amout": 5, "product_data": {"name": "x"}},
            },
            "parameter_unknown",
            "line_items[0][price_data][unit_amout]",
        ),
        (
            {
                "quantity": 0,
                "price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "x"}},
            },
            None,
            "line_items[0][quantity]",
        ),
    ],
)
def test_a_wrong_line_is_refused_where_it_stands(client, line, code, param):
    error = refusal(client, payment(line_items=[line]))
    assert (error.code, error.param) == (code, param)


def test_a_misspelled_name_gets_a_hint(client):
    assert "Did you mean metadata?" in str(refusal(client, payment(metadat={"a": "b"})))


@pytest.mark.parametrize(("amount", "code"), [(49, "amount_too_small"), (100_000_000, "amount_too_large")])
def test_amounts_outside_the_limits_are_refused(client, amount, code):
    assert refusal(client, payment(amount)).code == code


@pytest.mark.parametrize("amount", [50, 99_999_999])
def test_amounts_at_the_limits_are_taken(client, amount):
    assert client.v1.checkout.sessions.create(params=payment(amount)).amount_total == amount


@pytest.mark.parametrize(("seconds", "said"), [(29 * 60, "at least 30 minutes"), (25 * 3600, "less than 24 hours")])
def test_expiry_lies_between_thirty_minutes_and_a_day(client, seconds, said):
    assert said in str(refusal(client, payment(expires_at=int(time.time()) + seconds)))


def test_a_session_expires_by_itself_when_its_time_has_passed(double, client):
    session = client.v1.checkout.sessions.create(params=payment(expires_at=int(time.time()) + 1900))
    double.advance(timedelta(seconds=1800))
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    double.advance(timedelta(seconds=101))
    gone = client.v1.checkout.sessions.retrieve(session.id)
    assert (gone.status, gone.url) == ("expired", None)
    assert double.event_types() == ["checkout.session.expired"]


def test_expiring_works_once_and_takes_the_payment_intent_along(double, client):
    session = client.v1.checkout.sessions.create(params=payment())
    double.payer.pay_by_card(session.id, "4000002760003184")  # waits for 3-D Secure
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    intent = double.all("payment_intent")[0]
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "expired")
    with pytest.raises(stripe.InvalidRequestError, match=r'status in \["open"\] can be expired'):
        client.v1.checkout.sessions.expire(session.id)
    assert double.event_types()[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


def test_a_paid_session_cannot_be_expired(double, client):
    session = client.v1.checkout.sessions.create(params=payment())
    double.payer.pay_by_card(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        client.v1.checkout.sessions.expire(session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_lists_are_newest_first_and_page_in_both_directions(client):
    made = [client.v1.checkout.sessions.create(params=payment()).id for _ in range(7)]
    newest_first = made[::-1]
    listed = client.v1.checkout.sessions.list
    first = listed(params={"limit": 3})
    assert ([s.id for s in first.data], first.has_more) == (newest_first[:3], True)
    last = listed(params={"limit": 3, "starting_after": newest_first[3]})
    assert ([s.id for s in last.data], last.has_more) == (newest_first[4:], False)
    back = listed(params={"limit": 3, "ending_before": newest_first[5]})
    assert ([s.id for s in back.data], back.has_more) == (newest_first[2:5], True)
    assert [s.id for s in listed(params={"limit": 2}).auto_paging_iter()] == newest_first


def test_lists_filter_and_a_cursor_may_have_left_the_filter(double, client):
    made = [client.v1.checkout.sessions.create(params=payment()) for _ in range(4)]
    double.payer.pay_by_card(made[2].id)
    paid = client.v1.checkout.sessions.retrieve(made[2].id)
    by_intent = client.v1.checkout.sessions.list(params={"payment_intent": paid.payment_intent})
    assert [s.id for s in by_intent.data] == [made[2].id]
    rest = client.v1.checkout.sessions.list(params={"status": "open", "starting_after": made[2].id})
    assert [s.id for s in rest.data] == [made[1].id, made[0].id]
    later = client.v1.checkout.sessions.list(params={"created": {"gt": int(time.time()) + 60}})
    assert later.data == []


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"starting_after": "cs_test_none"}, "starting_after"),
    ],
)
def test_impossible_pages_are_refused(client, params, param):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.list(params=params)
    assert (caught.value.http_status, caught.value.param) == (400, param)


def test_metadata_is_merged_and_emptied(client):
    session = client.v1.checkout.sessions.create(params=payment(metadata={"a": "1", "b": "2"}))
    updated = client.v1.checkout.sessions.update(session.id, params={"metadata": {"a": "", "c": "3"}})
    assert updated.metadata.to_dict() == {"b": "2", "c": "3"}
    assert client.v1.checkout.sessions.update(session.id, params={"metadata": ""}).metadata.to_dict() == {}


def test_deep_expansion_reaches_the_money_and_no_further(double, client):
    session = client.v1.checkout.sessions.create(params=payment(12050))
    double.payer.pay_by_card(session.id)
    path = "payment_intent.latest_charge.balance_transaction"
    paid = client.v1.checkout.sessions.retrieve(session.id, params={"expand": [path]})
    assert paid.payment_intent.latest_charge.balance_transaction.net == 12050 - 181 - 25
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["amount_total"]})


def test_an_unknown_route_says_so(client):
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as caught:
        client.v1.customers.list()
    assert caught.value.http_status == 404
