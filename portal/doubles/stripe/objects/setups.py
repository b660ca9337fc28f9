"""Saving a card or a bank account for later: Checkout in `mode=setup`, its SetupIntent and Customer, and charges of
what was saved while its payer is away. What a charge comes to is in `payments`."""

from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import payments, session_rules
from portal.doubles.stripe.objects.cards import CardEntry, DebitEntry, card_of
from portal.doubles.stripe.objects.events import record
from portal.doubles.stripe.objects.payment_documents import card_method, debit_method, new_intent
from portal.doubles.stripe.objects.payments import MESSAGES, Declined, SessionClosed
from portal.doubles.stripe.refusals import Refusal, not_modelled
from portal.doubles.stripe.store import Doc, World

SETUP = "setup"
_SMALLEST = 50
_CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


def intent_for(backend: Backend, world: World, params: dict[str, Any], types: list[str]) -> Doc:
    """The SetupIntent that a session in setup mode makes at once."""
    intent_id = backend.store.new_id("seti_1")
    intent: Doc = {
        "id": intent_id,
        "object": "setup_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{backend.store.new_id('', 25)}",
        "created": backend.seconds(),
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": world.livemode,
        "mandate": None,
        "metadata": dict(params.get("setup_intent_data", {}).get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": types,
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    backend.store.add(world, intent)
    record(backend, "setup_intent.created", intent)
    return intent


def save_card(backend: Backend, session: Doc, entry: CardEntry) -> str:
    """Tries to save a card: `saved` or `authenticate`; raises Declined or SessionClosed."""
    intent = _open_intent(backend, session)
    method = card_method(backend, backend.store.world_of(session["id"]), entry)
    card = card_of(entry.number)
    if card.code is not None and not card.saves:
        _decline(backend, intent, card.code, card.decline)
    intent["payment_method"] = method["id"]
    if card.authenticate:
        sdk = {"type": "three_d_secure_redirect"}
        intent.update(status="requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": sdk})
        record(backend, "setup_intent.requires_action", intent)
        return "authenticate"
    _conclude(backend, session, intent, method)
    return "saved"


def save_debit(backend: Backend, session: Doc, entry: DebitEntry) -> str:
    """Saves a bank account with its mandate: `saved`."""
    intent = _open_intent(backend, session)
    method = debit_method(backend, backend.store.world_of(session["id"]), entry)
    intent["mandate"] = backend.store.new_id("mandate_1")
    _conclude(backend, session, intent, method)
    return "saved"


def authenticate(backend: Backend, session: Doc, *, approve: bool) -> None:
    """The payer's answer to 3-D Secure; raises Declined, or SessionClosed when none is awaited."""
    intent = backend.store.fetch(session["setup_intent"])
    if session["status"] != "open" or intent["status"] != "requires_action":
        raise SessionClosed(session["id"])
    intent["next_action"] = None
    method = backend.store.fetch(intent["payment_method"])
    if not approve:
        _decline(backend, intent, "setup_intent_authentication_failure", None)
    _conclude(backend, session, intent, method)


def _open_intent(backend: Backend, session: Doc) -> Doc:
    if session["status"] != "open":
        raise SessionClosed(session["id"])
    return backend.store.fetch(session["setup_intent"])


def _decline(backend: Backend, intent: Doc, code: str, decline: str | None) -> None:
    message = MESSAGES.get(decline or code) or MESSAGES["card_declined"]
    error = {"code": code, "message": message, "type": "card_error"} | ({"decline_code": decline} if decline else {})
    intent.update(status="requires_payment_method", payment_method=None, last_setup_error=error)
    record(backend, "setup_intent.setup_failed", intent)
    raise Declined(decline or code, message)


def _conclude(backend: Backend, session: Doc, intent: Doc, method: Doc) -> None:
    if session["customer_creation"] == "always":
        customer = _customer(backend, backend.store.world_of(session["id"]), method)
        session["customer"] = intent["customer"] = method["customer"] = customer["id"]
        record(backend, "payment_method.attached", method)
    intent.update(status="succeeded", payment_method=method["id"], last_setup_error=None)
    record(backend, "setup_intent.succeeded", intent)
    payments.complete(session, method)
    record(backend, "checkout.session.completed", session)


def _customer(backend: Backend, world: World, method: Doc) -> Doc:
    billing = method["billing_details"]
    customer: Doc = {
        "id": backend.store.new_id("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": backend.seconds(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": billing["email"],
        "invoice_prefix": backend.store.new_id("", 8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": world.livemode,
        "metadata": {},
        "name": billing["name"],
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    backend.store.add(world, customer)
    record(backend, "customer.created", customer)
    return customer


def charge(backend: Backend, world: World, params: dict[str, Any]) -> Doc:
    """A PaymentIntent that charges a saved method at once, its payer away; 402 with the intent when declined."""
    if not (params.get("confirm") and params.get("off_session") is True and params.get("payment_method")):
        raise not_modelled("a PaymentIntent that is not confirmed off session with a saved method", "confirm")
    method = backend.store.get(world, "payment_method", params["payment_method"], param="payment_method", status=400)
    if method["customer"] is None or method["customer"] != params.get("customer"):
        raise Refusal(
            "The provided PaymentMethod cannot be attached: it belongs to no Customer, or to another one. To charge "
            "it again, include the Customer it is attached to.",
            code="payment_method_unexpected_state" if method["customer"] is None else None,
            param="payment_method",
        )
    if params["currency"].lower() != "eur":
        raise not_modelled("off-session charges in other currencies", "currency")
    if params["amount"] < _SMALLEST:
        raise Refusal("Amount must be at least €0.50 eur", code="amount_too_small", param="amount")
    session_rules.check_metadata(params.get("metadata", {}))
    allowed = params.get("allowed_payment_method_types") or ["card", "sepa_debit"]
    if method["type"] not in allowed:
        raise Refusal("The PaymentMethod's type is not among those allowed.", param="payment_method")
    intent = new_intent(backend, world, {**params, "currency": "eur"}, types=list(allowed), session=None)
    try:
        payments.charge_saved(backend, intent, method)
    except Declined as declined:
        error = intent["last_payment_error"]
        raise Refusal(
            str(declined),
            status=402,
            kind="card_error",
            code=error["code"],
            more={name: error[name] for name in ("decline_code", "charge") if name in error}
            | {"payment_intent": backend.present(intent)},
        ) from declined
    return intent


def cancel(backend: Backend, intent: Doc, reason: str | None) -> Doc:
    """Nobody can pay on this PaymentIntent any more; refuses one that is over."""
    if intent["status"] not in _CANCELLABLE[:3]:
        raise Refusal(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(_CANCELLABLE)}.",
            code="payment_intent_unexpected_state",
            more={"payment_intent": backend.present(intent)},
        )
    intent.update(status="canceled", canceled_at=backend.seconds(), cancellation_reason=reason, next_action=None)
    record(backend, "payment_intent.canceled", intent)
    return intent


def detach(backend: Backend, method: Doc) -> Doc:
    """The method can never be charged again."""
    if method["customer"] is None:
        raise Refusal(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    previous = {"customer": method["customer"]}
    method["customer"] = None
    record(backend, "payment_method.detached", method, previous)
    return method
