"""A case about a document and what it holds end together: no hold without a case, no case that holds nothing."""

from portal.cases import actions, kinds, queries
from portal.cases import events as happened
from portal.cases.models import Case
from portal.invoices import actions as invoices
from portal.invoices import events as invoice_events
from portal.invoices import holds
from portal.invoices import queries as invoice_queries

# Why an invoice rests, by the cause of its case about the SdI (portal.sdi.rules.CAUSES).
_AT_THE_SDI = {"rejected": holds.SDI_REJECTED, "refused": holds.SDI_REFUSED}
# What staff say when they end a hold (holds.WHY_RELEASED), as the case's end; else it was answered.
_ENDS = {"cleared_up": "cleared_up", "has_arrived": "has_arrived", "by_mistake": kinds.BY_MISTAKE}

_ENDS_AT_THE_SDI = {"sent_anew", kinds.BY_MISTAKE}


def hold_of(case: Case) -> str | None:
    """Why its document's due items rest, or None for a case that rests nothing by itself."""
    if case.kind == kinds.NOT_RECEIVED:
        return holds.NOT_RECEIVED
    if case.kind == kinds.PROBLEM:
        return holds.DISPUTED if case.cause == kinds.OWN_FILE else holds.PROBLEM_REPORTED
    if case.kind == kinds.SDI:
        return _AT_THE_SDI.get(case.cause or "")
    return None


def hear_closed(event: happened.CaseClosed, _event_id: int) -> None:
    """However it ended: nobody looks into it any more, so nothing rests for it.

    But what the SdI sent back is not issued because somebody closed a case: only having been sent anew ends that.
    """
    case = queries.case(event.case_id)
    reason = hold_of(case) if case is not None else None
    if case is None or reason is None or case.invoice_id is None:
        return
    if case.kind == kinds.SDI and event.outcome not in _ENDS_AT_THE_SDI:
        return
    for item in invoice_queries.items_of_debtor(case.debtor_id, case.invoice_id, only_open=False):
        invoices.release(item.item_id, reason)


def hear_reopened(event: happened.CaseReopened, _event_id: int) -> None:
    """The customer wrote again: what is open rests as before."""
    case = queries.case(event.case_id)
    if case is not None:
        _hold(case)


def hold_again(invoice_id: int) -> None:
    """A due item stands open again while somebody still looks into its document: it rests again."""
    for case in queries.open_about_document(invoice_id):
        _hold(case)


def _hold(case: Case) -> None:
    reason = hold_of(case)
    if reason is None or case.invoice_id is None or case.kind == kinds.SDI:  # what it says, it says once
        return
    items = invoice_queries.items_of_debtor(case.debtor_id, case.invoice_id)
    held = invoice_queries.holds_now([item.item_id for item in items]) if items else {}
    for item in items:
        if all(one.reason != reason for one in held.get(item.item_id, ())):
            invoices.hold(item, reason, case.id, None)


def hear_released(event: invoice_events.ItemReleased, _event_id: int) -> None:
    """Staff ended a hold by hand: its case ends with the last of its document's."""
    if event.why is None:
        return
    for item in invoice_queries.items([event.item_id]):
        for case in queries.open_about_document(item.invoice_id):
            if hold_of(case) == event.reason and not _is_held(case, event.reason):
                actions.let_close(case, _end(case, event.why))


def _is_held(case: Case, reason: str) -> bool:
    every = invoice_queries.items_of_debtor(case.debtor_id, case.invoice_id, only_open=False)
    items = [item for item in every if item.is_open]
    held = invoice_queries.holds_now([item.item_id for item in items]) if items else {}
    return any(one.reason == reason for found in held.values() for one in found)


def _end(case: Case, why: str) -> str:
    outcome = _ENDS.get(why, kinds.ANSWERED)
    return outcome if kinds.is_outcome(case.kind, outcome) else kinds.ANSWERED


def hear_settled(event: invoice_events.InvoiceSettled, _event_id: int) -> None:
    """Who has paid needs no copy, and the own note is over; what the customer complained of is answered."""
    for case in queries.open_about_document(event.invoice_id):
        if case.kind == kinds.NOT_RECEIVED or case.cause == kinds.OWN_FILE:
            actions.let_close(case, kinds.SETTLED)


def hear_withdrawn(event: invoice_events.InvoiceWithdrawn, _event_id: int) -> None:
    """The creditor took the document back: nobody need find it or put it right."""
    for case in queries.open_about_document(event.invoice_id):
        actions.let_close(case, kinds.SETTLED)
