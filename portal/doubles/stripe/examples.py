"""What tests, the simulator and benchmarks start from: a valid request, a paid charge, an inbox for events."""

from typing import Any

import stripe

from portal.doubles.stripe.double import StripeDouble

SUCCESS = "http://127.0.0.1:9/paid?session={CHECKOUT_SESSION_ID}"
CANCEL = "http://127.0.0.1:9/back"


def payment(amount: int = 12050, **changes: Any) -> Any:
    """Parameters of a Checkout Session over `amount` euro cents; `changes` replace or add, None removes."""
    params: dict[str, Any] = {
        "mode": "payment",
        "success_url": SUCCESS,
        "cancel_url": CANCEL,
        "client_reference_id": "attempt-1",
        "metadata": {"attempt": "attempt-1"},
        "payment_intent_data": {"metadata": {"attempt": "attempt-1"}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": amount,
                    "product_data": {"name": "Fattura 128"},
                },
            }
        ],
    }
    params |= changes
    return {name: value for name, value in params.items() if value is not None}


def saving(**changes: Any) -> Any:
    """Parameters of a Checkout Session that saves a way to pay; `changes` replace or add, None removes."""
    params: dict[str, Any] = {
        "mode": "setup",
        "currency": "eur",
        "customer_creation": "always",
        "success_url": SUCCESS,
        "cancel_url": CANCEL,
        "metadata": {"saved": "saved-1"},
        "setup_intent_data": {"metadata": {"saved": "saved-1"}},
    }
    params |= changes
    return {name: value for name, value in params.items() if value is not None}


def paid_charge(double: StripeDouble, amount: int = 10000, number: str = "4242424242424242") -> str:
    """The id of a fresh charge of `amount` cents on the platform's own account, paid with the card `number`."""
    session = double.client_in_process().v1.checkout.sessions.create(params=payment(amount))
    double.payer.pay_by_card(session.id, number)
    return str(double.all("charge")[-1]["id"])


class Inbox:
    """A webhook receiver without a socket: `StripeDouble(send=inbox.post)`. Every event is verified by the SDK.

    `statuses` are its next answers (200 when there are none left); a bad signature raises.
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.events: list[stripe.Event] = []
        self.statuses: list[int] = []

    def post(self, _url: str, body: bytes, headers: dict[str, str]) -> int:
        self.events.append(stripe.Webhook.construct_event(body, headers["Stripe-Signature"], self.secret))
        return self.statuses.pop(0) if self.statuses else 200

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]
