"""Planning the day's contacts, every ten minutes within the lawful window; a missed day is caught up by itself."""

import logging

from portal.core import clock, jobs, windows
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.reminders import actions, policies, reading

log = logging.getLogger(__name__)


@jobs.every(minutes=10)
def plan() -> None:
    """A few hundred customers in a transaction of their own: what stops half-way goes on where it was.

    What was planned before is not planned again.
    """
    for creditor_id in rounds.everyone():
        try:
            _plan_for(creditor_id)
        except Exception as error:  # one creditor's trouble is not the others'
            # What an unexpected error says may quote a person: only its type is kept.
            log.warning("planning failed", extra={"creditor": creditor_id, "error": type(error).__name__})


def _plan_for(creditor_id: int) -> None:
    with rounds.at(creditor_id, writes=False):
        creditor = creditors.in_scope()
        if windows.next_moment(clock.now(), creditor.time_zone) > clock.now():
            return
        last = reading.horizon(policies.current(), clock.today(creditor.time_zone))
    after = 0
    while True:
        with rounds.at(creditor_id):
            debtor_ids = reading.with_something_open(last, after)
            if not debtor_ids:
                actions.forget_outlooks(last)
                return
            actions.plan_some(creditors.in_scope(), debtor_ids)
        after = debtor_ids[-1]
