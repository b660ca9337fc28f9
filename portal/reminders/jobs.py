"""Planning the day's caring, every half hour within the lawful window; a missed day is caught up by itself."""

import logging

from portal.core import clock, db, jobs, scope, windows
from portal.creditors import queries as creditors
from portal.reminders import actions

log = logging.getLogger(__name__)


@jobs.every(minutes=30)
def plan_caring() -> None:
    """Each creditor in a transaction of its own; what was planned before is not planned again."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    for creditor_id in everyone:
        try:
            _plan_for(creditor_id)
        except Exception as error:  # one creditor's trouble is not the others'
            # What an unexpected error says may quote a person: only its type is kept.
            log.warning("caring failed", extra={"creditor": creditor_id, "error": type(error).__name__})


def _plan_for(creditor_id: int) -> None:
    with db.transaction():
        scope.enter(creditor_id)
        creditor = creditors.by_id(creditor_id)
        if windows.next_moment(clock.now(), creditor.time_zone) <= clock.now():
            actions.plan_caring(creditor, today=clock.today(creditor.time_zone))
