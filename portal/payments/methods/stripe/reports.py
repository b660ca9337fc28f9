"""What Stripe says happened: its list of events, and the movements on the account (rule B-07)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from portal.core.money import Money
from portal.payments.methods import Account, Movement, Notice
from portal.payments.methods.stripe import notices
from portal.payments.methods.stripe.sessions import ATTEMPT

PAGE = 100
STEP = timedelta(hours=6)  # of the list of events that is read in one go
_OURS = ("charge", "refund", "dispute")  # other movements (payouts, fees of the account) are not payments


def changes(client: stripe.StripeClient, account: Account, since: datetime, until: datetime) -> Iterator[Notice]:
    """The events that we follow, the oldest first; each is checked as if it had come as a notice."""
    while since < until:
        end = min(since + STEP, until)
        found = client.v1.events.list(
            params={
                "created": {"gte": int(since.timestamp()), "lt": int(end.timestamp())},
                "types": sorted(notices.FOLLOWED),
                "limit": PAGE,
            }
        )
        for event in reversed(list(found.auto_paging_iter())):
            notice = notices.of_list(account, event.to_dict())
            if notice is not None:
                yield notice
        since = end


def movements(client: stripe.StripeClient, since: datetime, until: datetime) -> Iterator[Movement]:
    """Movements of charges, refunds and disputes, with what each belongs to."""
    found = client.v1.balance_transactions.list(
        params={
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "limit": PAGE,
            "expand": ["data.source"],
        }
    )
    for one in found.auto_paging_iter():
        source: Any = one.source
        if getattr(source, "object", None) not in _OURS:
            continue
        metadata = source.metadata.to_dict() if source.object == "charge" and source.metadata else {}
        payment = source.payment_intent
        yield Movement(
            movement_id=one.id,
            at=datetime.fromtimestamp(one.created, UTC),
            amount=Money(one.amount, one.currency.upper()),
            payment_id=payment if isinstance(payment, str) or payment is None else payment.id,
            reference=metadata.get(ATTEMPT),
        )
