"""What the payer does on the hosted page, and what their bank answers: from the first try to paid, or not.

Order of events as at Stripe: charge, PaymentIntent, session; the balance transaction comes just after, in
`charge.updated` (asynchronous capture).
"""

from datetime import timedelta

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import balance, disputes
from portal.doubles.stripe.objects.cards import CardEntry, DebitEntry, card_of
from portal.doubles.stripe.objects.events import record
from portal.doubles.stripe.objects.payment_documents import (
    card_method,
    charge_for,
    debit_method,
    intent_for,
    mark_failed,
)
from portal.doubles.stripe.store import Doc

_SLOW = timedelta(minutes=3)

MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "test_mode_live_card": "Your card was declined. Your request was in test mode, but used a non test "
    "card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    "payment_intent_authentication_failure": "We are unable to authenticate your payment method. Please "
    "choose a different payment method and try again.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
}


class SessionClosed(Exception):
    """The session is complete or expired: nothing can be paid on it any more."""


class Declined(Exception):
    """The attempt failed and the session stays open. `code` is Stripe's decline code, or its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def pay_by_card(backend: Backend, session: Doc, entry: CardEntry) -> str:
    """Tries a card: answers `paid` or `authenticate`; raises Declined or SessionClosed."""
    intent = _open_intent(backend, session)
    method = card_method(backend, backend.store.world_of(session["id"]), entry)
    intent["payment_method"] = method["id"]
    asked = session["payment_method_options"].get("card", {}).get("request_three_d_secure")
    if card_of(entry.number).authenticate or asked in {"any", "challenge"}:
        intent.update(
            status="requires_action",
            next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
        )
        record(backend, "payment_intent.requires_action", intent)
        return "authenticate"
    _conclude_card(backend, session, intent, method)
    return "paid"


def authenticate(backend: Backend, session: Doc, *, approve: bool) -> None:
    """The payer's answer to 3-D Secure; raises Declined, or SessionClosed when none is awaited."""
    intent = backend.store.find(session["payment_intent"] or "")
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        raise SessionClosed(session["id"])
    method = backend.store.fetch(intent["payment_method"])
    intent["next_action"] = None
    if not approve:
        _fail(backend, intent, method, "payment_intent_authentication_failure", None, charge=None)
    _conclude_card(backend, session, intent, method)


def _conclude_card(backend: Backend, session: Doc, intent: Doc, method: Doc) -> None:
    fate = backend.store.notes(method["id"])
    if fate["code"] is not None:
        charge = charge_for(backend, intent, method, "failed")
        _fail(backend, intent, method, fate["code"], fate["decline"], charge=charge)
    charge = charge_for(backend, intent, method, "succeeded")
    complete(session, method)
    session["payment_status"] = "paid"
    _succeed(backend, intent, charge)
    record(backend, "checkout.session.completed", session)
    _capture(backend, charge)
    if fate["dispute"]:
        disputes.open_dispute(backend, charge, reason=fate["dispute"], inquiry=fate["inquiry"])


def pay_by_debit(backend: Backend, session: Doc, entry: DebitEntry) -> str:
    """Orders a SEPA debit: the session completes *unpaid*, the bank answers later. `processing`."""
    intent = _open_intent(backend, session)
    method = debit_method(backend, backend.store.world_of(session["id"]), entry)
    complete(session, method)
    _order_debit(backend, intent, method)
    record(backend, "checkout.session.completed", session)
    return "processing"


def _order_debit(backend: Backend, intent: Doc, method: Doc) -> None:
    fate = backend.store.notes(method["id"])
    charge = charge_for(backend, intent, method, "pending")
    intent.update(
        payment_method=method["id"], latest_charge=charge["id"], status="processing", last_payment_error=None
    )
    notes = backend.store.notes(intent["id"])
    delay = backend.manner.bank_debit_takes + (_SLOW if fate["slow"] else timedelta(0))
    notes.update(settles_at=backend.after(delay), failure=fate["failure"], dispute=fate["dispute"])
    notes["bounces"] = fate["bounces"]
    record(backend, "charge.pending", charge)
    record(backend, "payment_intent.processing", intent)


def charge_saved(backend: Backend, intent: Doc, method: Doc) -> None:
    """Charges a saved method while its payer is away; raises Declined. `authentication_required` asks for them."""
    record(backend, "payment_intent.created", intent)
    if method["type"] == "sepa_debit":
        _order_debit(backend, intent, method)
        return
    fate = backend.store.notes(method["id"])
    code, decline = fate["code"], fate["decline"]
    if fate["always"]:
        code = decline = "authentication_required"
    if code is not None:
        charge = charge_for(backend, intent, method, "failed")
        _fail(backend, intent, method, code, decline, charge=charge)
    charge = charge_for(backend, intent, method, "succeeded")
    intent["payment_method"] = method["id"]
    _succeed(backend, intent, charge)
    _capture(backend, charge)
    if fate["dispute"]:
        disputes.open_dispute(backend, charge, reason=fate["dispute"], inquiry=fate["inquiry"])


def settle_due(backend: Backend) -> None:
    """Lets the banks answer the debits whose time has come."""
    now = backend.clock.now().timestamp()
    for intent in reversed(backend.store.all("payment_intent")):
        if intent["status"] == "processing" and backend.store.notes(intent["id"])["settles_at"] <= now:
            settle(backend, intent, failure=backend.store.notes(intent["id"])["failure"])


def bounce_due(backend: Backend) -> None:
    """Takes back the debits whose payers' banks do so by now."""
    now = backend.clock.now().timestamp()
    for intent in reversed(backend.store.all("payment_intent")):
        at = backend.store.notes(intent["id"]).get("bounces_at")
        if at is not None and at <= now and intent["status"] == "succeeded":
            bounce(backend, backend.store.fetch(intent["latest_charge"]))


def settle(backend: Backend, intent: Doc, *, failure: str | None) -> None:
    """The bank's answer to one debit: paid, or `failure` (Stripe's failure code)."""
    notes = backend.store.notes(intent["id"])
    session = _session_of(backend, intent)
    charge = backend.store.fetch(intent["latest_charge"])
    if failure is not None:
        method = backend.store.fetch(intent["payment_method"])
        try:
            _fail(backend, intent, method, failure, failure, charge=charge)
        except Declined:
            _tell(backend, "checkout.session.async_payment_failed", session)
        return
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    if session is not None:
        session["payment_status"] = "paid"
    _succeed(backend, intent, charge)
    _tell(backend, "checkout.session.async_payment_succeeded", session)
    _capture(backend, charge)
    if notes["bounces"]:
        notes["bounces_at"] = backend.after(backend.manner.bounce_takes)
    if notes["dispute"]:
        dispute = disputes.open_dispute(backend, charge, reason="debit_not_authorized")
        disputes.close(backend, dispute, won=False)  # a debit sent back by the bank knows no appeal


def bounce(backend: Backend, charge: Doc, failure: str = "insufficient_funds") -> None:
    """The payer's bank takes a debit back after it had paid: a late failure, with a movement of its own.

    ValueError for a card, and for a charge that is not paid.
    """
    if charge["payment_method_details"]["type"] == "card" or charge["status"] != "succeeded":
        raise ValueError(f"{charge['id']} cannot bounce: {charge['status']}")
    intent = backend.store.fetch(charge["payment_intent"])
    session = _session_of(backend, intent)
    transaction = balance.post(
        backend,
        backend.store.world_of(charge["id"]),
        kind="payment_failure_refund",
        category="charge_failure",
        amount=-charge["amount"],
        currency=charge["currency"],
        source=charge["id"],
        description=charge["description"],
    )
    charge["failure_balance_transaction"] = transaction["id"]
    if session is not None:
        session["payment_status"] = "unpaid"
    intent["amount_received"] = 0
    try:
        _fail(backend, intent, backend.store.fetch(charge["payment_method"]), failure, failure, charge=charge)
    except Declined:
        _tell(backend, "checkout.session.async_payment_failed", session)


def _session_of(backend: Backend, intent: Doc) -> Doc | None:
    """The session that made the intent; None for a charge of a saved method."""
    named = backend.store.notes(intent["id"])["session"]
    return backend.store.fetch(named) if named is not None else None


def _tell(backend: Backend, kind: str, session: Doc | None) -> None:
    if session is not None:
        record(backend, kind, session)


def _open_intent(backend: Backend, session: Doc) -> Doc:
    if session["status"] != "open":
        raise SessionClosed(session["id"])
    if session["payment_intent"] is not None:
        return backend.store.fetch(session["payment_intent"])
    world = backend.store.world_of(session["id"])
    data = backend.store.notes(session["id"])["payment_intent_data"]
    intent = intent_for(backend, world, session, data)
    session["payment_intent"] = intent["id"]
    record(backend, "payment_intent.created", intent)
    return intent


def complete(session: Doc, method: Doc) -> None:
    """The payer has done their part of a session."""
    billing = method["billing_details"]
    session["status"] = "complete"
    session["customer_details"] = {
        **(session["customer_details"] or {}),
        "address": billing["address"],
        "business_name": None,
        "email": session["customer_email"] or billing["email"],
        "individual_name": None,
        "name": billing["name"],
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _succeed(backend: Backend, intent: Doc, charge: Doc) -> None:
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    record(backend, "charge.succeeded", charge)
    record(backend, "payment_intent.succeeded", intent)


def _capture(backend: Backend, charge: Doc) -> None:
    """Books the money: from here on the charge has its balance transaction."""
    kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
    transaction = balance.post(
        backend,
        backend.store.world_of(charge["id"]),
        kind=kind,
        category="charge",
        amount=charge["amount"],
        currency=charge["currency"],
        source=charge["id"],
        description=charge["description"],
        fees=balance.charge_fees(backend, charge),
    )
    charge["balance_transaction"] = transaction["id"]
    record(backend, "charge.updated", charge, {"balance_transaction": None})


def _fail(backend: Backend, intent: Doc, method: Doc, code: str, decline: str | None, *, charge: Doc | None) -> None:
    """Leaves the intent open for another try and raises Declined."""
    message = MESSAGES.get(decline or code) or MESSAGES.get(code) or MESSAGES["card_declined"]
    kind = "card_error" if method["type"] == "card" and charge is not None else "invalid_request_error"
    error = {
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "payment_method": backend.present(method),
        "type": kind,
    }
    if charge is not None:
        mark_failed(charge, code, decline, message)
        error |= {"charge": charge["id"]} | ({"decline_code": decline} if decline else {})
        intent["latest_charge"] = charge["id"]
        record(backend, "charge.failed", charge)
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
    record(backend, "payment_intent.payment_failed", intent)
    raise Declined(decline or code, message)
