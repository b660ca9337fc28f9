"""Keeping why something is still open."""

from portal.core import clock, db, events, ids
from portal.debtors.visits import Current
from portal.reasons import rules
from portal.reasons.events import ReasonGiven
from portal.reasons.models import Reason


def give(visit: Current, reason: str, *, invoice_id: int | None = None) -> Reason:
    """One more fact with its date; what was said before stays. `reason` is a key of rules.REASONS."""
    kept = Reason(
        id=ids.new_id(),
        debtor_id=visit.debtor_id,
        visit_id=visit.id,
        invoice_id=invoice_id,
        reason=reason,
        given_at=clock.now(),
    )
    db.session().add(kept)
    db.session().flush()
    if reason not in rules.PRIVATE:
        events.record(ReasonGiven(reason_id=kept.id, debtor_id=visit.debtor_id, cause=reason, invoice_id=invoice_id))
    return kept
