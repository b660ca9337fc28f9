"""The month's paper, each creditor at its own hour; looked at often, so that an outage costs an hour and no month."""

import logging

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.months import actions, rules

log = logging.getLogger(__name__)


@jobs.every(minutes=30, at_start=True)
def make_month_papers() -> None:
    """One creditor's trouble is not the others'; a row per month keeps it from being made twice."""
    for creditor_id in rounds.everyone():
        try:
            _see_to(creditor_id)
        except Exception:
            log.exception("no paper of the month", extra={"creditor": creditor_id})


def _see_to(creditor_id: int) -> None:
    with rounds.at(creditor_id):
        zone = creditors.in_scope().time_zone
        month = rules.due_month(clock.now(), zone)
        if month is not None:
            actions.see_to(month, zone)
