"""How a PaymentMethod, a PaymentIntent and a Charge look when made; `payments` moves them on."""

import hashlib
from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects.cards import CardEntry, DebitEntry, account_of, card_of
from portal.doubles.stripe.store import Doc, World

_NO_ADDRESS = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


def _billing(name: str, email: str, country: str | None) -> Doc:
    return {
        "address": {**_NO_ADDRESS, "country": country},
        "email": email,
        "name": name,
        "phone": None,
        "tax_id": None,
    }


def _fingerprint(number: str) -> str:
    """The same number gives the same fingerprint and the fingerprint does not give the number."""
    return hashlib.sha256(f"stripe double {number}".encode()).hexdigest()[:16]


def _method(backend: Backend, world: World, *, kind: str, billing: Doc, details: Doc, fate: Doc) -> Doc:
    method = {
        "id": backend.store.new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        kind: details,
        "created": backend.seconds(),
        "customer": None,
        "customer_account": None,
        "livemode": world.livemode,
        "metadata": {},
        "type": kind,
    }
    return backend.store.add(world, method, fate)


def card_method(backend: Backend, world: World, entry: CardEntry) -> Doc:
    """A card PaymentMethod; of the number only the last four digits and a fingerprint are kept."""
    card = card_of(entry.number)
    details: dict[str, Any] = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": entry.exp_month,
        "exp_year": entry.exp_year,
        "fingerprint": _fingerprint(entry.number),
        "funding": card.funding,
        "generated_from": None,
        "last4": entry.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    fate = {"dispute": card.dispute, "inquiry": card.inquiry, "refund": card.refund}
    fate |= {"code": card.code, "decline": card.decline, "always": card.always}
    billing = _billing(entry.name, entry.email, card.country)
    return _method(backend, world, kind="card", billing=billing, details=details, fate=fate)


def debit_method(backend: Backend, world: World, entry: DebitEntry) -> Doc:
    """A SEPA direct debit PaymentMethod; of the IBAN the country, bank and last four are kept."""
    details = {
        "bank_code": entry.iban[4:9],
        "branch_code": entry.iban[9:14],
        "country": entry.iban[:2],
        "fingerprint": _fingerprint(entry.iban),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": entry.iban[-4:],
    }
    billing = _billing(entry.name, entry.email, entry.iban[:2])
    account = account_of(entry.iban)
    fate = {"slow": account.slow, "failure": account.failure, "dispute": account.dispute, "bounces": account.bounces}
    return _method(backend, world, kind="sepa_debit", billing=billing, details=details, fate=fate)


def intent_for(backend: Backend, world: World, session: Doc, data: Doc) -> Doc:
    """The PaymentIntent that a session makes at the payer's first attempt (not earlier: as since 2022)."""
    asked = {name: session[name] for name in ("allowed_payment_method_types", "excluded_payment_method_types")}
    return new_intent(
        backend,
        world,
        {**data, **asked, "amount": session["amount_total"], "currency": session["currency"]},
        types=list(session["payment_method_types"]),
        session=session["id"],
    )


def new_intent(backend: Backend, world: World, data: Doc, *, types: list[str], session: str | None) -> Doc:
    """A PaymentIntent for what `data` says, of a session or asked for through the API."""
    intent_id = backend.store.new_id("pi_3")
    intent: dict[str, Any] = {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": data.get("allowed_payment_method_types"),
        "amount": data["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": data.get("application_fee_amount"),
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{backend.store.new_id('', 25)}",
        "confirmation_method": "automatic",
        "created": backend.seconds(),
        "currency": data["currency"],
        "customer": data.get("customer"),
        "customer_account": None,
        "description": data.get("description"),
        "excluded_payment_method_types": data.get("excluded_payment_method_types"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": world.livemode,
        "metadata": dict(data.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": types,
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    return backend.store.add(world, intent, {"session": session})


def charge_for(backend: Backend, intent: Doc, method: Doc, status: str) -> Doc:
    """A Charge of the whole intent, `succeeded`, `pending` or `failed`."""
    world = backend.store.world_of(intent["id"])
    card = method["type"] == "card"
    charge: dict[str, Any] = {
        "id": backend.store.new_id("ch_3" if card else "py_3"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": None,
        "captured": status == "succeeded",
        "created": backend.seconds(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": world.livemode,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(None),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(backend, method),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }
    return backend.store.add(world, charge)


def _details(backend: Backend, method: Doc) -> Doc:
    if method["type"] == "sepa_debit":
        debit = ("bank_code", "branch_code", "country", "fingerprint", "last4")
        details = {name: method["sepa_debit"][name] for name in debit}
        details |= {"mandate": backend.store.new_id("mandate_1"), "expected_debit_date": None}
        return {"sepa_debit": details, "type": "sepa_debit"}
    kept = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "wallet",
    )
    details = {name: method["card"][name] for name in (*kept, "regulated_status")}
    details |= {
        "network": method["card"]["brand"],
        "installments": None,
        "mandate": None,
        "three_d_secure": None,
    }
    return {"card": details, "type": "card"}


def _outcome(decline: str | None) -> Doc:
    declined = decline is not None
    return {
        "advice_code": "do_not_try_again" if declined else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": decline,
        "seller_message": "The bank declined the payment." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def mark_failed(charge: Doc, code: str, decline: str | None, message: str) -> None:
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        amount_captured=0,
        failure_code=code,
        failure_message=message,
        outcome=_outcome(decline or code),
    )
