"""The daily job: counts interest and costs through yesterday. Asked every hour, it works once a day and creditor.

What was settled in between is counted again by a row of its own (`actions.look_again`).
"""

import logging
from datetime import date

from portal.core import jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.interest import actions, queries

log = logging.getLogger(__name__)

AT_ONCE = 100  # invoices in one transaction


@jobs.every(minutes=60)
def count_interest() -> None:
    """Each creditor by itself: what goes wrong with one leaves the others alone and is tried again in an hour."""
    for creditor_id in rounds.everyone():
        try:
            count_for(creditor_id)
        except Exception as error:  # what an unexpected error says may quote a person: only its type is kept
            log.warning("interest failed", extra={"creditor": creditor_id, "error": type(error).__name__})


def count_for(creditor_id: int) -> None:
    """Counts through yesterday where the creditor is, a hundred invoices a transaction."""
    with rounds.at(creditor_id, writes=False):
        chosen, until = queries.policy(), queries.yesterday()
        wanted = chosen is not None and chosen.is_on and (chosen.counted_to is None or chosen.counted_to < until)
    behind: int | None = 0 if wanted else None
    while behind is not None:
        behind = _next_chunk(creditor_id, until, behind)


def _next_chunk(creditor_id: int, until: date, behind: int) -> int | None:
    """Counts the invoices behind this id and says how far it came; None, and the day is done, at the end."""
    with rounds.at(creditor_id):
        chosen = queries.policy()
        if chosen is None or not chosen.is_on:  # switched off meanwhile
            return None
        found = queries.late_invoices(chosen, until, behind, AT_ONCE)
        if not found:
            chosen.counted_to = until
            return None
        actions.count_invoices(chosen, found, until, creditors.in_scope().time_zone)
        return found[-1]


@jobs.job(actions.COUNT)
def count_again(task: jobs.Task) -> None:
    """Something was settled on a late invoice: what is due of it is counted anew."""
    chosen = queries.policy()
    if chosen is not None and chosen.is_on:
        zone = creditors.in_scope().time_zone
        actions.count_invoices(chosen, [task.subject_id], queries.yesterday(), zone)
