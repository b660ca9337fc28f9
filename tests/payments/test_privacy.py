"""What leaves the house towards Stripe: ids, amounts and a neutral title, never a person and never a debt (B-03)."""

import json
import re
from urllib.parse import unquote_plus

import pytest

from portal.core import db, ids, scope
from portal.payments import checkout
from portal.payments.methods.stripe.sessions import params
from tests.actors import Debtor
from tests.payments.conftest import Shop, choose_card

PERSON = ["Bianchi", "Costruzioni", "12345677890", "40121", "cliente", "0042", "@", "+39"]
DEBT = [
    "debit",
    "debt",
    "recuper",
    "credit",
    "sollecit",
    "insolut",
    "scadut",
    "overdue",
    "reminder",
    "mora",
    "collection",
]


@pytest.fixture
def outgoing(shop: Shop, payer: Debtor) -> list[str]:
    """Everything that went to Stripe in a payment that was begun, stopped, begun again, looked up and expired."""
    shop.account.add_invoice("129/2026", "50.00", parts=2)
    payer.get("/d/pay")
    data = payer.form("/d/pay/card").fields
    items = [i for one in shop.account.invoice_ids for i in shop.account.item_ids(one)]
    payer.post("/d/pay/card", {**data, "items[]": [ids.spell(i) for i in items]}, follow=False)
    payer.get("/d/pay")
    payer.submit("/stop")
    choose_card(payer, **{"items[]": [ids.spell(items[0])]})
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    shop.deliver()
    assert "paid" in {s["payment_status"] for s in shop.sessions()}
    return [unquote_plus(f"{r.line} {r.raw} {r.idempotency_key or ''}") for r in shop.double.requests]


def test_nothing_about_a_person(outgoing: list[str]) -> None:
    assert len(outgoing) >= 4
    for request in outgoing:
        for word in PERSON:
            assert word.lower() not in request.lower(), request


def test_no_word_of_debt(outgoing: list[str]) -> None:
    for request in outgoing:
        readable = re.sub(r"(metadata\]\[|cs_test_|pi_)\S+|https?://\S+", "", request)
        for word in DEBT:
            assert word not in readable.lower(), request


def test_a_neutral_title_for_each_due_item(shop: Shop, outgoing: list[str]) -> None:
    created = next(r for r in shop.double.requests if r.line == "POST /v1/checkout/sessions")
    lines = [created.params["line_items"][n]["price_data"] for n in ("0", "1", "2")]
    names = [line["product_data"]["name"] for line in lines]
    assert names == ["Document 128/2026", "Document 129/2026, part 1", "Document 129/2026, part 2"]
    assert [line["unit_amount"] for line in lines] == ["123456", "2500", "2500"]
    assert {line["currency"] for line in lines} == {"eur"}


def test_metadata_holds_the_attempt_and_nothing_else(shop: Shop, outgoing: list[str]) -> None:
    spelled = {ids.spell(one.id) for one in shop.attempts()}
    for session in shop.sessions():
        assert set(session["metadata"]) == {"attempt"}
        assert session["metadata"]["attempt"] == session["client_reference_id"]
        assert session["client_reference_id"] in spelled
        assert session["customer_email"] is None
        assert 30 * 60 <= session["expires_at"] - session["created"] <= 60 * 60


def test_the_same_attempt_asks_for_the_same_thing(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    [attempt] = shop.attempts()
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        first = json.dumps(params(checkout.order_of(attempt)), sort_keys=True)
        assert json.dumps(params(checkout.order_of(attempt)), sort_keys=True) == first
    assert len(attempt.idempotency_key) <= 255


def test_pages_and_cookies_carry_no_key_of_stripe(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    for path in ("/d/pay", "/d/pay/return", "/d/pay/left", "/d/pay/transfer"):
        payer.get(path)
        assert "sk_test" not in payer.text
        assert "whsec" not in payer.text
        assert "cs_test" not in payer.text
        assert "acct_" not in payer.text
