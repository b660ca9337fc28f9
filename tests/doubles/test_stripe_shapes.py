"""The Stripe double's objects have the fields that the SDK's classes declare and Stripe's fixtures show."""

import json
import typing
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe.checkout import Session

from portal.doubles.stripe import StripeDouble
from portal.doubles.stripe.examples import payment, saving
from portal.doubles.stripe.objects.payments import Declined

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "stripe"
KINDS: dict[str, Any] = {
    "checkout.session": Session,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "setup_intent": stripe.SetupIntent,
    "customer": stripe.Customer,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "balance_transaction": stripe.BalanceTransaction,
    "event": stripe.Event,
    "account": stripe.Account,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
# Of the fixtures' fields, those that the double leaves out on purpose, each with its reason.
LEFT_OUT = {
    "account": {"future_requirements"},  # what Stripe may ask of the account some day
    "charge": {"refunds"},  # shown when expanded, since 2022-11-15
    "checkout.session": {"managed_payments"},  # Stripe as merchant of record
    "payment_intent": {"managed_payments"},
}


@cache
def everything() -> dict[str, list[dict]]:
    """Every object that a long life of the double leaves behind, by kind."""
    double = StripeDouble(background=False, seed=3, send=lambda *_: 200)
    double.add_endpoint("http://127.0.0.1:9/in", "whsec_x")
    client = double.client_in_process()

    def opened(**changes: Any) -> str:
        return client.v1.checkout.sessions.create(params=payment(**changes)).id

    opened(custom_text={"submit": {"message": "Grazie"}}, submit_type="pay", locale="it")
    client.v1.checkout.sessions.expire(opened(customer_email="m@example.com"))
    double.payer.pay_by_debit(opened())
    failing = opened()
    double.payer.pay_by_debit(failing, "AT861904300235473202")
    double.payer.pay_by_card(opened(), "4000002760003184")
    for number in ("4242424242424242", "4000000000000259", "4000000000005126", "4000000000007726"):
        double.payer.pay_by_card(opened(), number)
    for charge in double.all("charge")[-2:]:
        client.v1.refunds.create(params={"charge": charge["id"], "reason": "duplicate"})
    double.bank.close_dispute(double.all("dispute")[0]["id"], won=True)
    double.bank.conclude_refund(double.all("refund")[0]["id"], "failed")
    double.bank.settle(double.all("payment_intent")[1]["id"], failure="insufficient_funds")
    for number in ("4242424242424242", "4000000000000002"):
        session_id = client.v1.checkout.sessions.create(params=saving()).id
        with suppress(Declined):
            double.payer.save_card(session_id, number)
    return {kind: double.all(kind) for kind in KINDS}


def classes_in(annotation: Any) -> list[Any]:
    """The SDK classes that an annotation speaks of, one of which a nested object must be."""
    if isinstance(annotation, type) and issubclass(annotation, stripe.StripeObject):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in classes_in(part)]


def declared(cls: Any) -> dict[str, Any]:
    return {name: a for name, a in cls.__annotations__.items() if typing.get_origin(a) is not typing.ClassVar}


def is_optional(annotation: Any) -> bool:
    return type(None) in typing.get_args(annotation)


def faults(doc: dict, cls: Any, where: str) -> list[str]:
    """Fields of `doc` that `cls` does not declare, and required ones that are absent or null, all the way down."""
    fields = declared(cls)
    found = [f"{where}.{name} is unknown" for name in doc if name not in fields]
    found += [
        f"{where}.{name} is missing"
        for name, annotation in fields.items()
        if not is_optional(annotation) and doc.get(name) is None
    ]
    for name, value in doc.items():
        nested = classes_in(fields.get(name))
        children = value if isinstance(value, list) else [value]
        if len(nested) == 1 and declared(nested[0]):
            for child in children:
                if isinstance(child, dict):
                    found += faults(child, nested[0], f"{where}.{name}")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_objects_are_what_the_sdk_declares(kind):
    docs = everything()[kind]
    assert docs
    assert sorted({f for doc in docs for f in faults(doc, KINDS[kind], kind)}) == []


def test_the_check_of_shapes_sees_what_is_wrong():
    charge = {**everything()["charge"][0], "colour": "red"}
    del charge["amount"]
    charge["billing_details"] = {**charge["billing_details"], "shoe_size": 43}
    assert faults(charge, stripe.Charge, "charge") == [
        "charge.colour is unknown",
        "charge.amount is missing",
        "charge.billing_details.shoe_size is unknown",
    ]


def test_events_carry_whole_objects():
    for event in everything()["event"]:
        subject = event["data"]["object"]
        assert faults(subject, KINDS[subject["object"]], event["type"]) == []


def fixtures(name: str) -> Any:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"no corpus at {path}")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.corpus
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "event"])
def test_every_field_of_stripes_own_fixtures_is_there(kind):
    fixture = fixtures("openapi/fixtures3.json")["resources"][kind]
    absent = set(fixture).difference(*everything()[kind])
    assert absent - LEFT_OUT.get(kind, set()) == set()


@pytest.mark.corpus
def test_the_signature_cases_of_the_corpus_agree_with_ours():
    cases = fixtures("signatures/webhook_signature_vectors.json")
    good = next(c for c in cases["cases"] if c["name"] == "valid")
    seconds = int(good["header"][2:12])
    made = stripe.WebhookSignature.generate_signature_header(cases["payload"], cases["secret"], seconds)
    assert made == good["header"]
