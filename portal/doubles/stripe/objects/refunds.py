"""Refunds: at most what was captured, less what went back, less what a dispute holds (rule B-12)."""

from typing import Any

from portal.core.money import Money
from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import balance, disputes
from portal.doubles.stripe.objects.events import record
from portal.doubles.stripe.objects.session_rules import check_metadata
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc, World


def create(backend: Backend, world: World, params: dict[str, Any]) -> Doc:
    """Refunds a charge or a PaymentIntent, whole or in part; raises Stripe's refusals."""
    check_metadata(params.get("metadata") or {})
    charge = _charge(backend, world, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    held = disputes.withdrawn(backend, charge["id"])
    amount = params.get("amount", left - held)
    if charge["refunded"]:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if held and (amount > left - held or amount <= 0):
        raise Refusal(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if amount <= 0:
        raise Refusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise Refusal(
            f"Refund amount ({_euro(amount, charge)}) is greater than unrefunded amount on charge "
            f"({_euro(left, charge)})",
            param="amount",
        )
    return _issue(backend, world, charge, amount, params)


def _euro(amount: int, charge: Doc) -> str:
    plain = Money(amount, charge["currency"].upper()).plain
    return f"€{plain}" if charge["currency"] == "eur" else f"{plain} {charge['currency'].upper()}"


def _charge(backend: Backend, world: World, params: dict[str, Any]) -> Doc:
    if "charge" in params:
        charge = backend.store.get(world, "charge", params["charge"], param="charge")
    elif "payment_intent" in params:
        intent = backend.store.get(world, "payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise Refusal(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = backend.store.fetch(intent["latest_charge"])
    else:
        raise Refusal("One of the following params should be provided for this request: payment_intent or charge.")
    if charge["status"] != "succeeded":
        raise Refusal(f"This charge ({charge['id']}) has not been captured and cannot be refunded.")
    return charge


def _issue(backend: Backend, world: World, charge: Doc, amount: int, params: dict[str, Any]) -> Doc:
    card = charge["payment_method_details"]["type"] == "card"
    fate = backend.store.notes(charge["payment_method"]).get("refund", "pending")
    refund: dict[str, Any] = {
        "id": backend.store.new_id("re_3" if card else "pyr_1"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": backend.seconds(),
        "currency": charge["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {"card": _card_destination(), "type": "card"}
        if card
        else {"sepa_bank_transfer": {}, "type": "sepa_bank_transfer"},
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if fate == "pending" else "succeeded",
        "transfer_reversal": None,
    }
    later = {"pending": "succeeded", "fails": "failed"}.get(fate)
    notes = {"then": later, "at": backend.after(backend.manner.refund_takes)} if later else {}
    backend.store.add(world, refund, notes)
    _book(backend, refund, -amount, "refund" if card else "payment_refund", "refund")
    _give_back(charge, amount)
    record(backend, "refund.created", refund)
    record(backend, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
    return refund


def _card_destination() -> Doc:
    return {
        "reference": None,
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
    } | {"type": "refund"}


def _give_back(charge: Doc, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def _book(backend: Backend, refund: Doc, amount: int, kind: str, category: str) -> None:
    transaction = balance.post(
        backend,
        backend.store.world_of(refund["id"]),
        kind=kind,
        category=category,
        amount=amount,
        currency=refund["currency"],
        source=refund["id"],
        description=None,
    )
    name = "balance_transaction" if amount < 0 else "failure_balance_transaction"
    refund[name] = transaction["id"]


def conclude(backend: Backend, refund: Doc, status: str, failure: str = "expired_or_canceled_card") -> Doc:
    """How a refund ended: `succeeded`, `failed` (even after it had succeeded) or `canceled`.

    Failed and cancelled give the money back to the account. ValueError for one that already failed.
    """
    if refund["status"] in {"failed", "canceled"} or status not in {"succeeded", "failed", "canceled"}:
        raise ValueError(f"{refund['id']} is {refund['status']} and cannot become {status}")
    backend.store.notes(refund["id"]).clear()
    before, refund["status"] = refund["status"], status
    if before == status:
        return refund
    if status != "succeeded":
        charge = backend.store.fetch(refund["charge"])
        old = charge["amount_refunded"]
        _give_back(charge, -refund["amount"])
        _book(backend, refund, refund["amount"], "refund_failure", "refund_failure")
        if status == "failed":
            refund["failure_reason"] = failure
        record(backend, "charge.updated", charge, {"amount_refunded": old})
    record(backend, "refund.updated", refund, {"status": before})
    record(backend, "charge.refund.updated", refund, {"status": before})
    if status == "failed":
        record(backend, "refund.failed", refund)
    return refund


def conclude_due(backend: Backend) -> None:
    """Ends the refunds whose time has come."""
    now = backend.clock.now().timestamp()
    for refund in reversed(backend.store.all("refund")):
        notes = backend.store.notes(refund["id"])
        if notes and notes["at"] <= now:
            conclude(backend, refund, notes["then"])
