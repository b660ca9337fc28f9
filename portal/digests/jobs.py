"""The morning mail, each creditor at its own hour; looked at often, so that an outage costs minutes and no day."""

import logging

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.digests import actions, policies, rules

log = logging.getLogger(__name__)


@jobs.every(minutes=10, at_start=True)
def send_digests() -> None:
    """One creditor's trouble is not the others'; a row per person and day keeps it from going twice."""
    for creditor_id in rounds.everyone():
        try:
            _see_to(creditor_id)
        except Exception:
            log.exception("no morning mail", extra={"creditor": creditor_id})


def _see_to(creditor_id: int) -> None:
    with rounds.at(creditor_id):
        zone, policy = creditors.in_scope().time_zone, policies.current()
        day = rules.due_day(clock.now(), policy.hour, zone)
        if day is not None:
            actions.see_to(day, policy, zone)
