"""What came of a charge at Stripe: its refunds and disputes as we read them, and ordering a refund (B-12, B-13)."""

from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params import RefundCreateParams

from portal.core.money import Money
from portal.payments.methods import (
    DisputeSeen,
    DisputeStanding,
    RefundOrder,
    RefundSeen,
    RefundStanding,
    Withheld,
)
from portal.payments.methods.stripe.sessions import ATTEMPT

REFUND = "refund"  # beside ATTEMPT in a refund's `metadata`
PAGE = 100
_REFUNDS = {
    "succeeded": RefundStanding.SUCCEEDED,
    "failed": RefundStanding.FAILED,
    "canceled": RefundStanding.CANCELLED,
}
_DISPUTES = {"won": DisputeStanding.WON, "warning_closed": DisputeStanding.WON, "lost": DisputeStanding.LOST}
_ENDED = frozenset({"failed", "canceled"})


def refunds_of(client: stripe.StripeClient, payment_id: str) -> tuple[RefundSeen, ...]:
    """Every refund of a payment, the oldest first."""
    found = client.v1.refunds.list(
        params={"payment_intent": payment_id, "limit": PAGE, "expand": ["data.failure_balance_transaction"]}
    )
    return tuple(sorted((refund(one) for one in found.auto_paging_iter()), key=lambda one: one.sent_at))


def refund(found: stripe.Refund) -> RefundSeen:
    metadata = found.metadata.to_dict() if found.metadata else {}
    movement = getattr(found, "failure_balance_transaction", None)
    ended = _at(movement.created) if isinstance(movement, stripe.BalanceTransaction) else None
    return RefundSeen(
        provider_id=found.id,
        reference=metadata.get(REFUND),
        amount=Money(found.amount, found.currency.upper()),
        standing=_REFUNDS.get(found.status or "", RefundStanding.PENDING),
        sent_at=_at(found.created),
        ended_at=ended if found.status in _ENDED else None,
        why=getattr(found, "failure_reason", None),
    )


def disputes_of(client: stripe.StripeClient, payment_id: str) -> tuple[DisputeSeen, ...]:
    """Every dispute of a payment, the oldest first."""
    found = client.v1.disputes.list(params={"payment_intent": payment_id, "limit": PAGE})
    return tuple(sorted((_dispute(one) for one in found.auto_paging_iter()), key=lambda one: one.opened_at))


def _dispute(found: stripe.Dispute) -> DisputeSeen:
    currency = found.currency.upper()
    details: Any = found.evidence_details
    moved = sorted(found.balance_transactions, key=lambda one: (one.created, one.amount))
    return DisputeSeen(
        provider_id=found.id,
        amount=Money(found.amount, currency),
        standing=_DISPUTES.get(found.status, DisputeStanding.OPEN),
        why=found.reason[:60],
        refundable=found.is_charge_refundable,
        opened_at=_at(found.created),
        answer_by=_at(details.due_by) if details is not None and details.due_by else None,
        movements=tuple(Withheld(Money(-one.amount, currency), _at(one.created)) for one in moved),
    )


def params(order: RefundOrder) -> RefundCreateParams:
    """The same order gives the same parameters, so that its idempotency key fits again; ids and nothing else."""
    return {
        "payment_intent": order.payment_id,
        "amount": order.amount.minor,
        "reason": "requested_by_customer",
        "metadata": {ATTEMPT: order.payment, REFUND: order.reference},
    }


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
