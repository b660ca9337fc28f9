"""The hosted page of the Stripe double as a browser without script meets it: forms, redirects, words."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import CANCEL, payment

CARD = {
    "method": "card",
    "expiry": "12/34",
    "cvc": "123",
    "name": "Maria Bianchi",
    "email": "maria@example.com",
}
DEBIT = {"method": "sepa_debit", "name": "Maria Bianchi", "email": "maria@example.com"}
ACCEPTED = "4242 4242 4242 4242"


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(background=False, name="Rossi Impianti") as running:
        yield running


def opened(double: StripeDouble, **changes) -> str:
    return double.client().v1.checkout.sessions.create(params=payment(**changes)).url


def submit(address: str, **fields: str) -> requests.Response:
    return requests.post(address, data=fields, allow_redirects=False, timeout=10)


def by_card(address: str, number: str, **changes: str) -> requests.Response:
    return submit(address, **{**CARD, "number": number, **changes})


def session_of(double: StripeDouble) -> dict:
    return double.all("checkout.session")[-1]


def test_the_page_says_what_it_is_and_takes_nothing_from_elsewhere(double):
    page = requests.get(opened(double, locale="en"), timeout=10)
    assert page.status_code == 200
    assert "test double of Stripe" in page.text
    assert "Rossi Impianti" in page.text
    assert "€120.50" in page.text
    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="(https?:[^"]*)"', page.text) == [CANCEL]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:9;" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("locale", "browser", "says"),
    [
        ("it", "en", "Esci senza pagare"),
        ("en", "it", "Leave without paying"),
        (None, "it-IT,it;q=0.9", "Esci senza pagare"),
        ("auto", "en-GB", "Leave without paying"),
        ("de", "de", "Leave without paying"),
    ],
)
def test_the_sessions_language_decides_else_the_browsers(double, locale, browser, says):
    page = requests.get(opened(double, locale=locale), headers={"Accept-Language": browser}, timeout=10)
    assert says in page.text


def test_looking_changes_nothing(double):
    address = opened(double)
    before = double.backend.store.dump()
    for _ in range(5):
        requests.get(address, timeout=10)
        requests.get(f"{address}/authenticate", timeout=10)
    assert double.backend.store.dump() == before


def test_a_good_card_pays_and_leads_back(double):
    answer = by_card(opened(double), ACCEPTED)
    session = session_of(double)
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"http://127.0.0.1:9/paid?session={session['id']}",
    )
    assert (session["status"], session["payment_status"]) == ("complete", "paid")
    assert session["customer_details"]["name"] == "Maria Bianchi"
    assert double.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_the_card_number_is_kept_nowhere(double):
    by_card(opened(double), ACCEPTED)
    assert "4242424242424242" not in str(double.backend.store.dump())
    assert double.all("charge")[0]["payment_method_details"]["card"]["last4"] == "4242"


@pytest.mark.parametrize(
    ("number", "decline", "says"),
    [
        ("4000000000000002", "generic_decline", "Try another card"),
        ("4000000000009995", "insufficient_funds", "not enough money"),
        ("4000000000000119", "processing_error", "Try again in a moment"),
        ("4012888888881881", "test_mode_live_card", "test cards only"),
    ],
)
def test_a_declined_card_says_why_and_the_next_one_pays(double, number, decline, says):
    address = opened(double, locale="en")
    declined = by_card(address, number)
    assert declined.status_code == 402
    assert says in declined.text
    assert 'value="maria@example.com"' in declined.text
    assert number not in declined.text
    intent = double.all("payment_intent")[0]
    assert intent["status"] == "requires_payment_method"
    assert intent["last_payment_error"]["decline_code"] == decline
    assert session_of(double)["status"] == "open"
    assert by_card(address, ACCEPTED).status_code == 303
    assert len(double.all("payment_intent")) == 1
    assert [c["status"] for c in double.all("charge")] == ["failed", "succeeded"]


def test_three_d_secure_approved_pays(double):
    asked = by_card(opened(double, locale="en"), "4000002760003184")
    consent = double.url + asked.headers["Location"]
    assert "Your bank asks for your consent" in requests.get(consent, timeout=10).text
    assert session_of(double)["status"] == "open"
    answer = submit(consent, decision="approve")
    assert answer.headers["Location"].startswith("http://127.0.0.1:9/paid")
    assert session_of(double)["payment_status"] == "paid"


def test_three_d_secure_refused_comes_back_with_the_reason(double):
    address = opened(double, locale="it")
    consent = double.url + by_card(address, "4000002760003184").headers["Location"]
    answer = submit(consent, decision="fail")
    assert answer.status_code == 303
    page = requests.get(double.url + answer.headers["Location"], timeout=10)
    assert "La banca non ha confermato la sua identità" in page.text
    assert double.all("charge") == []
    assert by_card(address, ACCEPTED).status_code == 303


def test_three_d_secure_may_still_end_in_a_decline(double):
    consent = double.url + by_card(opened(double), "4000008260003178").headers["Location"]
    assert "?problem" in submit(consent, decision="approve").headers["Location"]
    assert session_of(double)["payment_status"] == "unpaid"


def test_three_d_secure_can_be_asked_of_every_card(double):
    wanted = {"card": {"request_three_d_secure": "any"}}
    answer = by_card(opened(double, payment_method_options=wanted), ACCEPTED)
    assert answer.headers["Location"].endswith("/authenticate")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"number": "4242424242424241"}, "not right"),
        ({"expiry": "13/34"}, "month and year"),
        ({"expiry": "12/20"}, "has expired"),
        ({"cvc": "12"}, "three or four digits"),
        ({"name": " "}, "Write a name"),
        ({"email": "maria"}, "Write an email"),
    ],
)
def test_a_slip_is_told_before_any_bank_is_asked(double, changes, says):
    answer = by_card(opened(double, locale="en"), **{"number": ACCEPTED, **changes})
    assert answer.status_code == 422
    assert says in answer.text
    assert double.event_types() == []


def test_leaving_is_a_link_and_leaves_the_session_open(double):
    page = requests.get(opened(double), timeout=10).text
    assert f'<a href="{CANCEL}">' in page
    assert "Leave" not in requests.get(opened(double, cancel_url=None, locale="en"), timeout=10).text
    assert session_of(double)["status"] == "open"


def test_a_second_click_goes_where_the_first_one_went(double):
    address = opened(double, locale="en")
    first, second = by_card(address, ACCEPTED), by_card(address, ACCEPTED)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(double.all("charge")) == 1
    assert "This payment is complete" in requests.get(address, timeout=10).text


def test_an_expired_page_says_so_and_takes_nothing(double):
    address = opened(double, locale="it", expires_at=int(time.time()) + 1900)
    double.advance(timedelta(hours=1))
    page = requests.get(address, timeout=10)
    assert (page.status_code, "Questa pagina è scaduta" in page.text) == (410, True)
    assert by_card(address, ACCEPTED).status_code == 410
    assert double.all("charge") == []


@pytest.mark.parametrize("path", ["/c/pay/cs_test_none", "/c/pay/cs_test_none/authenticate"])
def test_a_page_that_never_was_is_404(double, path):
    assert requests.get(double.url + path, timeout=10).status_code == 404
    assert submit(double.url + path, **CARD).status_code == 404


def test_a_bank_debit_completes_unpaid_and_is_paid_later(double):
    answer = submit(opened(double), **DEBIT, iban="IT60 X054 2811 1010 0000 0123 456")
    assert answer.status_code == 303
    session = session_of(double)
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    assert double.all("payment_intent")[0]["status"] == "processing"
    double.advance(timedelta(minutes=1))
    assert session_of(double)["payment_status"] == "paid"
    assert "checkout.session.async_payment_succeeded" in double.event_types()


def test_a_bank_debit_may_bounce(double):
    submit(opened(double), **DEBIT, iban="AT861904300235473202")
    double.advance(timedelta(minutes=1))
    session = session_of(double)
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    assert double.event_types()[-1] == "checkout.session.async_payment_failed"
    assert double.all("balance_transaction") == []


def test_an_iban_with_a_slip_is_told(double):
    answer = submit(opened(double, locale="en"), **DEBIT, iban="IT61X0542811101000000123456")
    assert (answer.status_code, "This IBAN is not right" in answer.text) == (422, True)


def test_only_the_methods_allowed_are_offered_and_taken(double):
    address = opened(double, allowed_payment_method_types=["card"], locale="en")
    assert "SEPA" not in requests.get(address, timeout=10).text
    assert submit(address, **DEBIT, iban="AT611904300234573201").status_code == 422
