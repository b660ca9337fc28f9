"""Keys, connected accounts and live mode at the Stripe double: nobody sees across (B-02, decision 26)."""

from collections.abc import Iterator

import pytest
import requests
import stripe

from portal.doubles.stripe import PLATFORM, PLATFORM_KEY, StripeDouble
from portal.doubles.stripe.examples import payment

ROSSI, VERDI = "acct_1Rossi", "acct_1Verdi"
ROSSI_KEY, ROSSI_LIVE = "sk_test_rossi_000000", "sk_live_rossi_000000"


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(background=False) as running:
        running.accounts.add(ROSSI, key=ROSSI_KEY, name="Rossi Impianti")
        running.accounts.add(ROSSI, key=ROSSI_LIVE)
        running.accounts.add(VERDI, key="rk_test_verdi_000000")
        running.accounts.connect(PLATFORM, ROSSI)
        yield running


def create(client: stripe.StripeClient, **changes) -> str:
    return client.v1.checkout.sessions.create(params=payment(**changes)).id


@pytest.mark.parametrize("key", ["sk_test_nobody_0000000", "rk_test_nobody_0000000", "pk_test_double_platform"])
def test_an_unknown_key_is_401_and_not_repeated(double, key):
    with pytest.raises(stripe.AuthenticationError) as caught:
        create(double.client(key))
    assert caught.value.http_status == 401
    assert key not in str(caught.value)


def test_no_key_is_401(double):
    answer = requests.get(f"{double.url}/v1/account", timeout=10)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


def test_a_key_may_come_as_basic_user_too(double):
    answer = requests.get(f"{double.url}/v1/account", auth=(ROSSI_KEY, ""), timeout=10)
    assert answer.json()["id"] == ROSSI


def test_a_platform_acts_on_a_connected_account_and_its_objects_live_there(double):
    session = create(double.client(account=ROSSI))
    assert double.client(ROSSI_KEY).v1.checkout.sessions.retrieve(session).id == session
    assert [s["id"] for s in double.all("checkout.session", ROSSI)] == [session]
    assert (double.requests[0].account, double.requests[0].livemode) == (ROSSI, False)


@pytest.mark.parametrize("other", ["platform", "verdi", "live"])
def test_from_another_account_or_mode_the_object_is_not_there(double, other):
    session = create(double.client(account=ROSSI))
    clients = {
        "platform": double.client(),
        "verdi": double.client("rk_test_verdi_000000"),
        "live": double.client(ROSSI_LIVE),
    }
    sessions = clients[other].v1.checkout.sessions
    for attempt in (sessions.retrieve, sessions.expire):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            attempt(session)
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert sessions.list().data == []
    assert double.all("checkout.session")[0]["status"] == "open"


@pytest.mark.parametrize("account", [VERDI, "acct_1Nobody"])
def test_an_account_that_is_not_connected_is_403(double, account):
    with pytest.raises(stripe.PermissionError) as caught:
        create(double.client(account=account))
    assert (caught.value.http_status, caught.value.error.code) == (403, "account_invalid")


def test_a_disconnected_account_is_closed_to_the_platform(double):
    client = double.client(account=ROSSI)
    create(client)
    double.accounts.disconnect(PLATFORM, ROSSI)
    with pytest.raises(stripe.PermissionError):
        create(client)


def test_live_keys_make_live_objects(double):
    session = double.client(ROSSI_LIVE).v1.checkout.sessions.create(params=payment())
    assert (session.livemode, session.id[:8]) == (True, "cs_live_")
    double.payer.pay_by_card(session.id)
    assert {e["livemode"] for e in double.all("event")} == {True}
    assert double.client(ROSSI_KEY).v1.events.list().data == []


def test_accounts_can_be_looked_at_by_those_who_may(double):
    own = double.client(ROSSI_KEY).v1.accounts.retrieve_current()
    assert (own.id, own.charges_enabled, own.business_profile.name) == (ROSSI, True, "Rossi Impianti")
    assert double.client().v1.accounts.retrieve(ROSSI).id == ROSSI
    with pytest.raises(stripe.PermissionError):
        double.client().v1.accounts.retrieve(VERDI)


def test_the_platforms_fee_is_taken_only_on_a_connected_account(double):
    data = {"payment_intent_data": {"application_fee_amount": 300}}
    session = create(double.client(account=ROSSI), **data)
    double.payer.pay_by_card(session)
    money = double.all("balance_transaction", ROSSI)[0]
    assert [(f["type"], f["amount"]) for f in money["fee_details"]] == [
        ("stripe_fee", 206),
        ("application_fee", 300),
    ]
    assert money["net"] == 12050 - 506
    with pytest.raises(stripe.InvalidRequestError, match="application_fee_amount"):
        create(double.client(), **data)
    with pytest.raises(stripe.InvalidRequestError, match="cannot exceed"):
        create(double.client(account=ROSSI), payment_intent_data={"application_fee_amount": 12051})


def test_only_the_installed_sdks_version_is_spoken(double):
    client = stripe.StripeClient(
        PLATFORM_KEY, base_addresses={"api": double.url}, stripe_version="2020-08-27", max_network_retries=0
    )
    with pytest.raises(stripe.InvalidRequestError, match="API version"):
        create(client)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ('{"mode": "payment"}', "application/json", "content type"),
        ("mode[=payment", "application/x-www-form-urlencoded", "cannot be read"),
        ("mode=payment&mode[x]=1", "application/x-www-form-urlencoded", "cannot be read"),
        ("mode=%FF", "application/x-www-form-urlencoded", "cannot be read"),
        ("a" + "[b]" * 20 + "=1", "application/x-www-form-urlencoded", "cannot be read"),
    ],
)
def test_a_body_that_is_no_form_is_refused(double, body, kind, said):
    headers = {"Authorization": f"Bearer {PLATFORM_KEY}", "Content-Type": kind}
    answer = requests.post(f"{double.url}/v1/checkout/sessions", data=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_a_key_of_no_known_form_cannot_be_added(double):
    with pytest.raises(ValueError, match="secret key"):
        double.accounts.add(VERDI, key="pk_test_1")
