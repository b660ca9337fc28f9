"""Planning the day's caring, every half hour within the lawful window; a missed day is caught up by itself."""

import logging

from portal.core import clock, jobs, windows
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.reminders import actions

log = logging.getLogger(__name__)


@jobs.every(minutes=30)
def plan_caring() -> None:
    """Each creditor in a transaction of its own; what was planned before is not planned again."""
    for creditor_id in rounds.everyone():
        try:
            _plan_for(creditor_id)
        except Exception as error:  # one creditor's trouble is not the others'
            # What an unexpected error says may quote a person: only its type is kept.
            log.warning("caring failed", extra={"creditor": creditor_id, "error": type(error).__name__})


def _plan_for(creditor_id: int) -> None:
    with rounds.at(creditor_id):
        creditor = creditors.in_scope()
        if windows.next_moment(clock.now(), creditor.time_zone) <= clock.now():
            actions.plan_caring(creditor, today=clock.today(creditor.time_zone))
