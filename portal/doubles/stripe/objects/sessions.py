"""Checkout Sessions: created, opened on the hosted page, then complete or expired. What the payer does is in
`payments`."""

import json
from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import session_rules, setups
from portal.doubles.stripe.objects.events import record
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc, World

# On every hosted payment session, and always the same here: nothing of it is modelled.
_UNUSED: dict[str, Any] = {
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "branding_settings": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "customer": None,
    "customer_account": None,
    "discounts": [],
    "invoice": None,
    "invoice_creation": {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    },
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_configuration_details": None,
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "subscription": None,
    "wallet_options": None,
}


def create(backend: Backend, world: World, params: dict[str, Any], *, on_behalf: bool) -> Doc:
    """A new open session; raises the refusals of `session_rules`."""
    session_rules.check_new(params, backend.seconds(), on_behalf=on_behalf)
    if params["mode"] == "setup":
        return _create_setup(backend, world, params)
    currency = params["line_items"][0]["price_data"]["currency"].lower()
    types = session_rules.method_types(params, backend.manner.payment_method_types, currency)
    intent_data = params.get("payment_intent_data", {})
    items = [_line_item(backend, world, line) for line in params["line_items"]]
    total = sum(item["amount_total"] for item in items)
    session_rules.check_against_total(intent_data, types, total)
    session = _document(backend, world, params, types=types, total=total, currency=currency)
    return backend.store.add(world, session, {"line_items": items, "payment_intent_data": intent_data})


def _create_setup(backend: Backend, world: World, params: dict[str, Any]) -> Doc:
    """A session that saves a way to pay and takes no money."""
    currency = params["currency"].lower()
    types = session_rules.method_types(params, backend.manner.payment_method_types, currency)
    session = _document(backend, world, params, types=types, total=None, currency=currency)
    session.update(
        setup_intent=setups.intent_for(backend, world, params, types)["id"],
        payment_status="no_payment_required",
        total_details=None,
        invoice_creation=None,
    )
    return backend.store.add(world, session, {"line_items": [], "payment_intent_data": {}})


def _document(
    backend: Backend, world: World, params: dict[str, Any], *, types: list[str], total: int | None, currency: str
) -> Doc:
    now = backend.seconds()
    email = params.get("customer_email")
    return {
        **json.loads(json.dumps(_UNUSED)),
        "id": backend.store.new_id("cs_live_a1" if world.livemode else "cs_test_a1", 56),
        "object": "checkout.session",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": currency,
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": params.get("custom_text", {}).get("submit") or None,
            "terms_of_service_acceptance": None,
        },
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": customer_details(email) if email else None,
        "customer_email": email,
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "expires_at": params.get("expires_at", now + session_rules.LONGEST),
        "integration_identifier": params.get("integration_identifier"),
        "livemode": world.livemode,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": params["mode"],
        "origin_context": params.get("origin_context"),
        "payment_intent": None,
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": types,
        "payment_status": "unpaid",
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
    }


def customer_details(email: str | None, name: str | None = None) -> Doc:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def _line_item(backend: Backend, world: World, line: dict[str, Any]) -> Doc:
    price, product = line["price_data"], line["price_data"]["product_data"]
    currency = price["currency"].lower()
    amount = price["unit_amount"] * line["quantity"]
    return {
        "id": backend.store.new_id("li_1"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency,
        "description": product["name"],
        "metadata": line.get("metadata", {}),
        "price": {
            "id": backend.store.new_id("price_1"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": backend.seconds(),
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": world.livemode,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": backend.store.new_id("prod_", 14),
            "recurring": None,
            "tax_behavior": price.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": line["quantity"],
    }


def expire(backend: Backend, session: Doc) -> Doc:
    """Closes an open session, with its PaymentIntent if an attempt made one; refuses any other status."""
    if session["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of `{session['status']}`."
        )
    session["status"] = "expired"
    if session["payment_intent"] is not None:
        intent = backend.store.fetch(session["payment_intent"])
        intent.update(
            status="canceled",
            canceled_at=backend.seconds(),
            cancellation_reason="expired",
            next_action=None,
        )
        record(backend, "payment_intent.canceled", intent)
    if session["setup_intent"] is not None:
        intent = backend.store.fetch(session["setup_intent"])
        intent.update(status="canceled", cancellation_reason="abandoned", next_action=None)
        record(backend, "setup_intent.canceled", intent)
    record(backend, "checkout.session.expired", session)
    return session


def expire_due(backend: Backend) -> None:
    """Expires every open session whose time has passed."""
    now = backend.seconds()
    for session in reversed(backend.store.all("checkout.session")):
        if session["status"] == "open" and session["expires_at"] <= now:
            expire(backend, session)
