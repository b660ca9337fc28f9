"""A Checkout Session: what we ask for, and what one that we get says about its payment.

One line for each due item with a neutral name, ids and nothing else in `metadata`, no address and no name of
the payer: they type those at Stripe (rules B-01, B-03, B-09, B-15).
"""

from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

from portal.core.money import Money
from portal.payments.methods import Order, Part, Seen, Standing

ATTEMPT = "attempt"  # the one key in `metadata`
_CHARGE = "payment_intent.latest_charge"
WITH_PAYMENT = tuple(
    f"{_CHARGE}.{name}" for name in ("balance_transaction", "failure_balance_transaction", "refunds")
)
LANGUAGES = frozenset({"it", "en", "de", "fr", "es", "nl", "pt", "sl", "ro", "pl"})


def params(order: Order) -> SessionCreateParams:
    """The same order gives the same parameters, so that its idempotency key fits again (rule B-04)."""
    return {
        "mode": "payment",
        "client_reference_id": order.reference,
        "metadata": {ATTEMPT: order.reference},
        "payment_intent_data": {"metadata": {ATTEMPT: order.reference}},
        "line_items": [_line(part) for part in order.parts],
        "success_url": order.return_url,
        "cancel_url": order.left_url,
        "expires_at": int(order.expires_at.timestamp()),
        "locale": order.language if order.language in LANGUAGES else "auto",
    }


def _line(part: Part) -> SessionCreateParamsLineItem:
    return {
        "quantity": 1,
        "price_data": {
            "currency": part.amount.currency.lower(),
            "unit_amount": part.amount.minor,
            "product_data": {"name": part.title[:250]},
        },
    }


def read(session: stripe.checkout.Session) -> Seen:
    """How the payment of a session stands; it must have come with its payment intent and charge expanded."""
    intent = session.payment_intent
    bounced = _moved(session, "failure_balance_transaction")
    return Seen(
        standing=Standing.BOUNCED if bounced else _standing(session),
        provider_id=session.id,
        reference=session.client_reference_id,
        payment_id=intent if isinstance(intent, str) or intent is None else intent.id,
        url=session.url,
        received=_received(session, bounced),
        paid_at=_paid_at(session),
        bounced_at=bounced,
        why=_why(session),
    )


def _standing(session: stripe.checkout.Session) -> Standing:
    if session.status == "open":
        return Standing.OPEN
    if session.status == "expired":
        return Standing.EXPIRED
    if session.payment_status == "paid":
        return Standing.SUCCEEDED
    # Complete and unpaid: a bank's answer is awaited, or it was no.
    intent = session.payment_intent
    if isinstance(intent, stripe.PaymentIntent) and intent.status in {"requires_payment_method", "canceled"}:
        return Standing.FAILED
    return Standing.PROCESSING


def charge_of(session: stripe.checkout.Session) -> stripe.Charge | None:
    intent = session.payment_intent
    found = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    return found if isinstance(found, stripe.Charge) else None


def _moved(session: stripe.checkout.Session, name: str) -> datetime | None:
    """When the charge's money came (`balance_transaction`) or went again because the payer's bank took it back."""
    charge = charge_of(session)
    movement: Any = getattr(charge, name, None) if charge is not None else None
    return datetime.fromtimestamp(movement.created, UTC) if isinstance(movement, stripe.BalanceTransaction) else None


def _received(session: stripe.checkout.Session, bounced: datetime | None) -> Money | None:
    if session.amount_total is None or session.currency is None:
        return None
    if session.payment_status != "paid" and bounced is None:
        return None
    return Money(session.amount_total, session.currency.upper())


def _paid_at(session: stripe.checkout.Session) -> datetime | None:
    """When the money came. Until Stripe has booked it, a card's charge says when; a bank debit's does not."""
    booked, charge = _moved(session, "balance_transaction"), charge_of(session)
    if booked is not None or charge is None or charge.payment_method_details is None:
        return booked
    return datetime.fromtimestamp(charge.created, UTC) if charge.payment_method_details.type == "card" else None


def _why(session: stripe.checkout.Session) -> str | None:
    """The code of the last refusal, if there was one and nothing better came after it."""
    intent = session.payment_intent
    if not isinstance(intent, stripe.PaymentIntent) or intent.last_payment_error is None:
        return None
    error = intent.last_payment_error  # Stripe leaves out what it does not know
    return str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined")[:100]
