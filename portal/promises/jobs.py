"""The end of each promise's day, in the creditor's time zone; and the note that was asked for, the day before."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.promises import actions, notices, queries

WRITES_FROM, WRITES_UNTIL = time(9), time(20)  # on the creditor's clocks


@jobs.every(minutes=20)
def see_to_promises() -> None:
    """Judges what is over and writes the notes for tomorrow; a missed day is caught up, nothing is doubled."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            here = clock.now().astimezone(ZoneInfo(creditors.in_scope().time_zone))
            over = queries.over(here.date())
            in_time = WRITES_FROM <= here.time() < WRITES_UNTIL
            to_remind = queries.to_remind(here.date() + timedelta(days=1)) if in_time else []
        rounds.each(creditor_id, over, actions.judge, "promise")
        rounds.each(creditor_id, to_remind, notices.remind, "promise")
