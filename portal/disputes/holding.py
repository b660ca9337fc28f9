"""What rests for the disputes of an invoice: what is contested and what waits for its credit note, never more.

It is split anew over what is open each time something is booked, so that no payment, note or return tears a hole
in it, and none leaves it standing where nothing is contested any more.
"""

from collections.abc import Sequence

from portal.cases import actions as cases
from portal.cases import events as case_events
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.core import db
from portal.core.money import Money
from portal.disputes import queries, rules
from portal.disputes.models import Dispute
from portal.invoices import actions as invoices
from portal.invoices import events as invoice_events
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item

HAS_COME = "came"  # how a case about a credit note ends
REASONS = (holds.CREDIT_EXPECTED, holds.DISPUTE)
# What rests where: due item, reason, dispute; and how much of it, None for all.
_Rests = dict[tuple[int, str, int], Money | None]


def hear_booked(event: invoice_events.ItemSettled | invoice_events.ItemReopened, _event_id: int) -> None:
    """Something was booked on one of its due items."""
    spread(event.debtor_id, event.invoice_id)


def spread(debtor_id: int | None, invoice_id: int) -> None:
    """Holds of the invoice what its disputes leave resting today; what rests already as it should stays untouched."""
    disputes = queries.of_invoice(invoice_id)
    if debtor_id is None or not disputes:
        return
    items = invoice_queries.items_of_debtor(debtor_id, invoice_id, only_open=False)
    wanted = _wanted(disputes, [item for item in items if item.is_open])
    for one in queries.running_holds([item.item_id for item in items], REASONS):
        key = (one.due_item_id, one.reason, one.source_id)
        if key not in wanted:
            invoices.release(one.due_item_id, one.reason, source_id=one.source_id)
            continue
        amount = wanted.pop(key)
        if amount is not None and one.amount_minor != amount.minor:
            invoices.hold_as_much(one, amount)
    known = {item.item_id: item for item in items}
    for (item_id, reason, dispute_id), amount in wanted.items():
        invoices.hold(known[item_id], reason, dispute_id, None, amount=amount)
    db.session().flush()


def _wanted(disputes: Sequence[Dispute], items: Sequence[Item]) -> _Rests:
    """What waits for a note rests first, the oldest before others; what is contested rests of what that leaves."""
    found: _Rests = {}
    free = [item.open for item in items]
    for one in sorted(disputes, key=lambda one: (one.is_under_way, one.id)):
        if one.is_under_way and one.about == rules.WHOLE:
            found |= {(item.item_id, holds.DISPUTE, one.id): None for item in items}
            continue
        amount = one.contested if one.is_under_way else one.awaits
        reason = holds.DISPUTE if one.is_under_way else holds.CREDIT_EXPECTED
        parts = rules.split(amount, free)
        free = [left - part for left, part in zip(free, parts, strict=True)]
        found |= {(item.item_id, reason, one.id): part for item, part in zip(items, parts, strict=True) if part}
    return found


def will_rest(invoice_id: int, amount: Money, items: Sequence[Item]) -> tuple[int, ...]:
    """The due items that a dispute about so much of the invoice will hold."""
    free = [item.open for item in items]
    for one in queries.of_invoice(invoice_id):
        parts = rules.split(one.awaits, free)
        free = [left - part for left, part in zip(free, parts, strict=True)]
    return tuple(item.item_id for item, part in zip(items, rules.split(amount, free), strict=True) if part)


def note_came(invoice_id: int, amount: Money) -> None:
    """So much of a credit note that names the invoice is about to be booked.

    It is what the closed disputes of the invoice wait for, the oldest first. What is beyond counts for the one that
    is being looked at; where none is, for what was not valid, should that be looked at once more.
    """
    db.session().flush()
    found = [one for one in queries.of_invoice(invoice_id, lock=True) if one.currency == amount.currency]
    left = amount
    for one in found:
        part = min(left, one.awaits)
        if part:
            left = left - part
            one.awaits_minor -= part.minor
            db.session().flush()
            if not one.awaits_minor:
                stop_waiting(one, HAS_COME)
    open_ones = [one for one in found if one.is_under_way]
    for one in open_ones or [one for one in found if one.is_rejected]:
        one.credited_minor += left.minor
    db.session().flush()


def wait_for_note(dispute: Dispute, case: Case, amount: Money) -> None:
    """Nobody asks for what is valid until its credit note has come in; a person at the same desk sees to that."""
    dispute.awaits_minor = amount.minor
    db.session().flush()
    if not amount:
        return
    cases.open_case(
        kinds.CREDIT_NOTE,
        dispute.debtor_id,
        visit_id=case.visit_id,
        invoice_id=dispute.invoice_id,
        subject_id=dispute.id,
        desk=case.desk,
        owner_id=case.owner_id,
    )


def hear_closed(event: case_events.CaseClosed, _event_id: int) -> None:
    """A person closed the case about a credit note: none is waited for any more."""
    case = case_queries.case(event.case_id)
    if case is None or case.kind != kinds.CREDIT_NOTE or case.subject_id is None:
        return
    dispute = queries.locked(case.subject_id)
    if dispute.awaits_minor:
        dispute.awaits_minor = 0
        db.session().flush()
        spread(dispute.debtor_id, dispute.invoice_id)


def stop_waiting(dispute: Dispute, outcome: str) -> None:
    """Its credit note is not waited for any more."""
    dispute.awaits_minor = 0
    db.session().flush()
    cases.close_of(kinds.CREDIT_NOTE, dispute.id, outcome)
