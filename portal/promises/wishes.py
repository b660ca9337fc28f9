""" "Received, all fine, I will pay on the 30th": a promise where the bounds allow it, else it stays a wish."""

from datetime import date

from portal.core import clock, events, scope
from portal.creditors import queries as creditors
from portal.invoices import queries as invoice_queries
from portal.invoices.payable import payable_now, undisputed
from portal.promises import actions, queries, rules


def hear(debtor_id: int, invoice_id: int, pay_on: date | None) -> None:
    """Makes a promise of what nobody contests of the invoice, or moves the one that stands; refuses nothing."""
    if pay_on is None:
        return
    face = creditors.face(scope.current().creditor_id)
    today = clock.today(face.time_zone)
    items = invoice_queries.items_of_debtor(debtor_id, invoice_id)
    standing = queries.open_by_item([item.item_id for item in items]) if items else {}
    lines = undisputed(payable_now([item for item in items if item.item_id not in standing]).payable_lines)
    who = events.actor()
    visit_id = who.id if who.kind == "debtor" else None
    if lines:
        free = [line.item for line in lines]
        room = actions.room(face, debtor_id, free, today)
        if room.why_not(free) is None and rules.why_not_day(pay_on, today, room.last) is None:
            actions.make(debtor_id, [(line.item, line.amount) for line in lines], pay_on, visit_id=visit_id)
    for promise_id in sorted(set(standing.values())):
        promise = queries.promise(promise_id, lock=True)
        about = invoice_queries.items(queries.item_ids(promise_id))
        # A promise of other documents too is not moved by a word about this one.
        if promise is None or {item.invoice_id for item in about} != {invoice_id} or promise.pay_on == pay_on:
            continue
        if actions.why_not_amend(promise, about, pay_on) is None:
            actions.amend(promise, pay_on, visit_id=visit_id)
