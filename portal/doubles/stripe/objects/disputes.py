"""Disputes: a cardholder or their bank takes the money back; won gives it back, lost keeps it gone."""

from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import balance
from portal.doubles.stripe.objects.events import record
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc

_DAYS_TO_ANSWER = 9
_CLOSED = frozenset({"won", "lost", "warning_closed", "prevented"})
_HOLDS_MONEY = frozenset({"needs_response", "under_review", "lost"})

# Stripe's test mode reads the outcome out of the evidence's `uncategorized_text`.
_WINNING, _LOSING = "winning_evidence", "losing_evidence"

_EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


def withdrawn(backend: Backend, charge_id: str) -> int:
    """How much of a charge disputes hold at present, in minor units: it cannot be refunded as well."""
    disputes = backend.store.all("dispute")
    return sum(d["amount"] for d in disputes if d["charge"] == charge_id and d["status"] in _HOLDS_MONEY)


def open_dispute(
    backend: Backend,
    charge: Doc,
    *,
    amount: int | None = None,
    reason: str = "fraudulent",
    inquiry: bool = False,
) -> Doc:
    """Disputes `amount` of a paid charge (default: all). An inquiry asks first and takes no money yet.

    Raises ValueError for a charge that is not paid, or an amount above what is left on it.
    """
    left = charge["amount_captured"] - charge["amount_refunded"] - withdrawn(backend, charge["id"])
    amount = left if amount is None else amount
    if charge["status"] != "succeeded" or not 0 < amount <= left:
        raise ValueError(f"cannot dispute {amount} of {charge['id']}: {charge['status']}, {left} left")
    world = backend.store.world_of(charge["id"])
    details = charge["payment_method_details"]
    dispute: dict[str, Any] = {
        "id": backend.store.new_id("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": backend.seconds(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": backend.seconds() + _DAYS_TO_ANSWER * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": world.livemode,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method_details(details, inquiry=inquiry),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    backend.store.add(world, dispute)
    charge["disputed"] = True
    record(backend, "charge.dispute.created", dispute)
    if not inquiry:
        _move_money(backend, dispute, -amount, "dispute")
        record(backend, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _method_details(details: Doc, *, inquiry: bool) -> Doc:
    if details["type"] != "card":
        return {"type": details["type"]}
    return {
        "card": {
            "brand": details["card"]["brand"],
            "case_type": "inquiry" if inquiry else "chargeback",
            "network": details["card"]["network"],
            "network_reason_code": "10.4",
        },
        "type": "card",
    }


def _move_money(backend: Backend, dispute: Doc, amount: int, category: str) -> None:
    fees = balance.dispute_fees(backend, dispute["currency"]) if amount < 0 else []
    transaction = balance.post(
        backend,
        backend.store.world_of(dispute["id"]),
        kind="adjustment",
        category=category,
        amount=amount,
        currency=dispute["currency"],
        source=dispute["id"],
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
        fees=fees,
    )
    dispute["balance_transactions"].append(backend.present(transaction))


def close(backend: Backend, dispute: Doc, *, won: bool) -> Doc:
    """The network's verdict. An inquiry only closes. Refuses a dispute that is closed already."""
    if dispute["status"] in _CLOSED:
        raise Refusal("This dispute is already closed.")
    before = dispute["status"]
    if before.startswith("warning_"):
        dispute["status"] = "warning_closed"
    else:
        dispute["status"] = "won" if won else "lost"
        if won:
            _move_money(backend, dispute, dispute["amount"], "dispute_reversal")
            record(backend, "charge.dispute.funds_reinstated", dispute)
    record(backend, "charge.dispute.closed", dispute, {"status": before})
    return dispute


def update(backend: Backend, dispute: Doc, params: dict[str, Any]) -> Doc:
    """Takes evidence in; submitting it (the default) sends it to the bank, and in test mode decides."""
    if dispute["status"] in _CLOSED:
        raise Refusal("This dispute is already closed.")
    evidence = params.get("evidence", {})
    before = dispute["status"]
    dispute["evidence"].update(evidence)
    details = dispute["evidence_details"]
    details["has_evidence"] = any(dispute["evidence"][name] for name in _EVIDENCE)
    if evidence and params.get("submit", True):
        details["submission_count"] += 1
        details["submission_method"] = "manual"
        dispute["status"] = before.replace("needs_response", "under_review")
    record(backend, "charge.dispute.updated", dispute, {"status": before})
    if dispute["status"] == "under_review" and evidence.get("uncategorized_text") in {_WINNING, _LOSING}:
        close(backend, dispute, won=evidence["uncategorized_text"] == _WINNING)
    return dispute
