"""Goals whose day is over are closed, each creditor by its own calendar."""

import logging
from functools import partial

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.goals import actions, queries

log = logging.getLogger(__name__)


@jobs.every(minutes=60, at_start=True)
def close_goals() -> None:
    """One creditor's trouble is not the others'."""
    for creditor_id in rounds.everyone():
        try:
            with rounds.at(creditor_id, writes=False):
                zone = creditors.in_scope().time_zone
                today = clock.today(zone)
                due = queries.whose_day_is_over(today)
        except Exception:
            log.exception("goals could not be looked at", extra={"creditor": creditor_id})
            continue
        rounds.each(creditor_id, due, partial(actions.close, today=today, zone=zone), "goal")
