"""The end of each promise's day, in the creditor's time zone; and the note that was asked for, the day before."""

import logging
from collections.abc import Callable
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors
from portal.promises import actions, notices, queries

log = logging.getLogger(__name__)

WRITES_FROM, WRITES_UNTIL = time(9), time(20)  # on the creditor's clocks


@jobs.every(minutes=20)
def see_to_promises() -> None:
    """Judges what is over and writes the notes for tomorrow; a missed day is caught up, nothing is doubled."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    for creditor_id in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            here = clock.now().astimezone(ZoneInfo(creditors.by_id(creditor_id).time_zone))
            over = queries.over(here.date())
            in_time = WRITES_FROM <= here.time() < WRITES_UNTIL
            to_remind = queries.to_remind(here.date() + timedelta(days=1)) if in_time else []
        for promise_id in over:
            _each(creditor_id, promise_id, actions.judge)
        for promise_id in to_remind:
            _each(creditor_id, promise_id, notices.remind)


def _each(creditor_id: int, promise_id: int, act: Callable[[int], None]) -> None:
    try:
        with db.transaction():
            scope.enter(creditor_id)
            act(promise_id)
    except Exception:  # one that cannot be seen to must not keep the others waiting
        log.exception("could not be seen to", extra={"promise": promise_id})
