"""Each night every creditor's sums are counted anew from the books: what differs is said aloud and put right."""

import logging

from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.summaries import actions, queries

log = logging.getLogger(__name__)

_FOLDED = 1_000  # keys in one transaction
_TURNS = 500  # of folding, at most: the rest has time until the next round
_NAMED = 10  # sums that differ which the log names


@jobs.every(minutes=60, at_start=True)
def count_figures() -> None:
    """Those whose day has ended since they were counted last, and those who never were; each by itself."""
    for creditor_id in rounds.everyone():
        try:
            if _is_due(creditor_id):
                count(creditor_id)
        except Exception:
            log.exception("the figures could not be counted", extra={"creditor": creditor_id})


def _is_due(creditor_id: int) -> bool:
    with rounds.at(creditor_id, writes=False):
        zone, head = creditors.in_scope().time_zone, queries.head()
    at = head.counted_at if head is not None else None
    return at is None or clock.day_of(at, zone) < clock.today(zone)


def count(creditor_id: int) -> int:
    """Counts one creditor's books now, first of all or again; how many sums had been whole and were wrong."""
    with db.transaction(writes=False, frozen=True):
        scope.enter(creditor_id)
        found = actions.recount()
    with rounds.at(creditor_id):
        kept = actions.put_right(found)
    differed = len(found.wrong) if kept and found.was_whole else 0
    if differed:
        first = [f"{grain} {':'.join(map(str, key))}" for grain, key in sorted(found.wrong)[:_NAMED]]
        said = {"creditor": creditor_id, "sums": differed, "first": first}
        log.error("sums of the figures differed from the books and were put right", extra=said)
    for _ in range(_TURNS):
        with rounds.at(creditor_id):
            if not actions.fold(_FOLDED):
                break
    return differed
