"""Balance transactions: what each charge, refund and dispute did to the account's money, fees included."""

from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.store import Doc, World

_DAY = 24 * 3600
_CLEARS_AFTER = 7 * _DAY


def _stripe_fee(amount: int, currency: str, description: str) -> Doc:
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": "stripe_fee",
    }


def post(
    backend: Backend,
    world: World,
    *,
    kind: str,
    category: str,
    amount: int,
    currency: str,
    source: str,
    description: str | None,
    fees: list[Doc] | None = None,
) -> Doc:
    """Posts `amount` (signed, minor units) of type `kind`; `net` is the amount less the fees."""
    fees = fees or []
    fee = sum(f["amount"] for f in fees)
    now = backend.seconds()
    transaction: dict[str, Any] = {
        "id": backend.store.new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + _CLEARS_AFTER if amount > 0 else now,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees,
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "pending",
        "type": kind,
    }
    return backend.store.add(world, transaction)


def charge_fees(backend: Backend, charge: Doc) -> list[Doc]:
    """Stripe's fee, and the platform's where the charge carries one; they are not given back on a refund."""
    manner = backend.manner
    currency = charge["currency"]
    if charge["payment_method_details"]["type"] == "card":
        # Half a cent and more counts as one.
        fee = (charge["amount"] * manner.card_fee_per_mille + 500) // 1000 + manner.card_fee_fixed
    else:
        fee = manner.debit_fee_fixed
    fees = [_stripe_fee(fee, currency, "Stripe processing fees")]
    if charge["application_fee_amount"]:
        fees.append(
            {
                "amount": charge["application_fee_amount"],
                "application": None,
                "currency": currency,
                "description": "application fee",
                "type": "application_fee",
            }
        )
    return fees


def dispute_fees(backend: Backend, currency: str) -> list[Doc]:
    return [_stripe_fee(backend.manner.dispute_fee, currency, "Dispute fee")]
