"""Saving a card or a bank debit at Stripe (Checkout in setup mode), and charging it while its payer is away (B-14).

Stripe makes the customer itself, from what is typed there: we send ids and nothing else, and keep ids, brand and
last four (B-03, PCI).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from stripe.params import PaymentIntentCreateParams, PaymentIntentListParamsCreated
from stripe.params.checkout import SessionCreateParams

from portal.core.money import Money
from portal.payments.methods import (
    AUTHENTICATION,
    CARD,
    SEPA_DEBIT,
    Order,
    Saved,
    SavedSeen,
    SaveOrder,
    Seen,
    Standing,
)
from portal.payments.methods.stripe.sessions import ATTEMPT, LANGUAGES

SAVED = "saved"  # in `metadata`: our number of what is, or shall be, saved
KINDS = (CARD, SEPA_DEBIT)
WITH_METHOD = ("setup_intent.payment_method",)
_CHARGE = "latest_charge"
WITH_CHARGE = tuple(f"{_CHARGE}.{name}" for name in ("balance_transaction", "failure_balance_transaction", "refunds"))
LOOK_BACK = timedelta(minutes=5)  # between our clock and theirs
_STANDINGS = {
    "succeeded": Standing.SUCCEEDED,
    "processing": Standing.PROCESSING,
    "requires_confirmation": Standing.OPEN,
}


def setup_params(order: SaveOrder) -> SessionCreateParams:
    """The same order gives the same parameters, so that its idempotency key fits again (rule B-04)."""
    found: SessionCreateParams = {
        "mode": "setup",
        "currency": order.currency.lower(),
        "customer_creation": "always",
        "allowed_payment_method_types": [CARD] if order.kind == CARD else [SEPA_DEBIT],
        "client_reference_id": order.reference,
        "metadata": {SAVED: order.reference},
        "setup_intent_data": {"metadata": {SAVED: order.reference}},
        "success_url": order.return_url,
        "cancel_url": order.left_url,
        "expires_at": int(order.expires_at.timestamp()),
        "locale": order.language if order.language in LANGUAGES else "auto",
    }
    return found


def read_setup(session: stripe.checkout.Session) -> SavedSeen:
    """What came of saving; the session must have come with its setup intent and payment method expanded."""
    reference, intent = session.client_reference_id, session.setup_intent
    method: Any = intent.payment_method if isinstance(intent, stripe.SetupIntent) else None
    customer = session.customer if isinstance(session.customer, str) else getattr(session.customer, "id", None)
    if session.status != "complete" or method is None or customer is None or method.type not in KINDS:
        return SavedSeen(session_id=session.id, reference=reference, is_open=session.status == "open")
    details = method[method.type]
    return SavedSeen(
        session_id=session.id,
        reference=reference,
        is_open=False,
        saved=Saved(reference or "", customer, method.id, method.type),
        brand=str(getattr(details, "display_brand", None) or getattr(details, "brand", None) or "")[:20],
        last4=str(details.last4 or "")[:4],
    )


def charge_params(order: Order, saved: Saved) -> PaymentIntentCreateParams:
    """One amount, to what was saved alone, confirmed at once: its payer is away and can answer nothing."""
    found: PaymentIntentCreateParams = {
        "amount": sum(part.amount.minor for part in order.parts),
        "currency": order.parts[0].amount.currency.lower(),
        "customer": saved.payer_id,
        "payment_method": saved.method_id,
        "allowed_payment_method_types": [CARD] if saved.kind == CARD else [SEPA_DEBIT],
        "off_session": True,
        "confirm": True,
        "description": ", ".join(part.title for part in order.parts)[:250],
        "metadata": {ATTEMPT: order.reference, SAVED: saved.reference},
        "expand": list(WITH_CHARGE),
    }
    return found


def find(client: stripe.StripeClient, order: Order, most: int) -> stripe.PaymentIntent | None:
    """The charge of this order, looked for by our reference. Raises LookupError where there are too many."""
    window: PaymentIntentListParamsCreated = {
        "gte": int((order.begun_at - LOOK_BACK).timestamp()),
        "lte": int((order.expires_at + LOOK_BACK).timestamp()),
    }
    listed = client.v1.payment_intents.list(params={"created": window, "limit": 100})
    for passed, intent in enumerate(listed.auto_paging_iter()):
        if _named(intent).get(ATTEMPT) == order.reference:
            return client.v1.payment_intents.retrieve(intent.id, params={"expand": list(WITH_CHARGE)})
        if passed >= most:
            raise LookupError("too many payments")
    return None


def _named(intent: stripe.PaymentIntent) -> dict[str, str]:
    return intent.metadata.to_dict() if intent.metadata else {}


def is_ours(intent: stripe.PaymentIntent) -> bool:
    """Whether it charges something saved: others belong to a Checkout Session, or to the creditor's own shop."""
    return bool(_named(intent).get(SAVED))


def read(intent: stripe.PaymentIntent) -> Seen:
    """How such a charge stands; it must have come with its charge expanded."""
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    bounced = _moved(charge, "failure_balance_transaction")
    standing = Standing.BOUNCED if bounced else _STANDINGS.get(intent.status, Standing.FAILED)
    arrived = standing in {Standing.SUCCEEDED, Standing.BOUNCED}
    return Seen(
        standing=standing,
        provider_id=intent.id,
        reference=_named(intent).get(ATTEMPT),
        payment_id=intent.id,
        received=Money(intent.amount, intent.currency.upper()) if arrived else None,
        paid_at=_paid_at(charge) if arrived else None,
        bounced_at=bounced,
        why=_why(intent),
    )


def declined(error: stripe.CardError) -> Seen | None:
    """The bank's no, from the error that says it; None where it says of no payment."""
    intent = getattr(error.error, "payment_intent", None)
    if not isinstance(intent, stripe.PaymentIntent):
        return None
    code = str(getattr(error.error, "decline_code", None) or error.code or "declined")[:100]
    why = AUTHENTICATION if AUTHENTICATION in {code, error.code} else code
    reference = _named(intent).get(ATTEMPT)
    return Seen(standing=Standing.FAILED, provider_id=intent.id, payment_id=intent.id, reference=reference, why=why)


def _moved(charge: stripe.Charge | None, name: str) -> datetime | None:
    movement: Any = getattr(charge, name, None) if charge is not None else None
    return datetime.fromtimestamp(movement.created, UTC) if isinstance(movement, stripe.BalanceTransaction) else None


def _paid_at(charge: stripe.Charge | None) -> datetime | None:
    """When the money came: Stripe's booking, or for a card not booked yet the moment of its charge."""
    booked = _moved(charge, "balance_transaction")
    if booked is not None or charge is None or charge.payment_method_details is None:
        return booked
    return datetime.fromtimestamp(charge.created, UTC) if charge.payment_method_details.type == "card" else None


def _why(intent: stripe.PaymentIntent) -> str | None:
    error = intent.last_payment_error
    if intent.status == "requires_action":
        return AUTHENTICATION
    if error is None:
        return None
    code = str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined")[:100]
    return AUTHENTICATION if AUTHENTICATION in {code, getattr(error, "code", None)} else code
