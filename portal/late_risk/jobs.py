"""Once a week each creditor's history is learned from anew: read, reckoned outside any transaction, then kept."""

import logging
from datetime import timedelta

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.late_risk import actions, queries
from portal.late_risk.evaluating import Report

log = logging.getLogger(__name__)

EVERY = timedelta(days=7)


@jobs.every(minutes=12 * 60)
def learn_about_lateness() -> None:
    """Each creditor by itself; one that cannot be learned from keeps no other waiting."""
    for creditor_id in rounds.everyone():
        try:
            if _is_due(creditor_id):
                learn(creditor_id)
        except Exception:
            log.exception("could not be learned from", extra={"creditor": creditor_id})


def _is_due(creditor_id: int) -> bool:
    with rounds.at(creditor_id, writes=False):
        row = queries.kept()
    return row is None or row.learned_at <= clock.now() - EVERY


def learn(creditor_id: int) -> Report | None:
    """Learns from one creditor's history now; None where there is too little of it to judge anything."""
    with rounds.at(creditor_id, writes=False):
        zone = creditors.by_id(creditor_id).time_zone
        items = list(queries.history())
    report = actions.judge(items, clock.today(zone))
    with rounds.at(creditor_id):
        actions.keep(items, report)
    return report
