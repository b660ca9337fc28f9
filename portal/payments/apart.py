"""What a payment goes to: capital, interest and costs apart, as it was booked, or as it would be now (rule B-11)."""

from collections.abc import Sequence

from portal.core import clock
from portal.core.money import Money
from portal.invoices.models import Reservation
from portal.ledger import imputed
from portal.ledger import queries as ledger
from portal.ledger.actions import Source
from portal.ledger.rules import Apart
from portal.payments import queries, rules
from portal.payments.models import PaymentAttempt
from portal.payments.states import ARRIVED, OPEN


def of(attempt: PaymentAttempt, reserved: Sequence[Reservation], zone: str) -> dict[int, Apart]:
    """By due item; nothing for a payment that never came. `zone` is where the creditor is."""
    if attempt.status in ARRIVED:
        return imputed.of_source(Source(queries.SOURCE, attempt.id))
    if attempt.status not in OPEN:
        return {}
    today = clock.today(zone)
    made_of = ledger.lines_of_items([one.due_item_id for one in reserved])
    return {
        one.due_item_id: rules.taken(made_of[one.due_item_id], Money(one.amount_minor, attempt.currency), today)
        for one in reserved
    }
