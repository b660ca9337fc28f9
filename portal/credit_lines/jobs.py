"""Alerts looked at every so often, and soon after an import: what begins by the mere passing of days has no event."""

import logging

from portal.core import jobs, outbox
from portal.core.jobs import Task
from portal.credit_lines import alerts
from portal.creditors import rounds

log = logging.getLogger(__name__)

LOOK = "credit_lines.look"
SOME = 200  # customers in one transaction


@jobs.every(minutes=30, at_start=True)
def look_at_credit() -> None:
    """Each creditor by itself; one that cannot be looked at must not keep the others waiting."""
    for creditor_id in rounds.everyone():
        try:
            _look_at(creditor_id)
        except Exception:
            log.exception("could not be looked at", extra={"creditor": creditor_id})


def _look_at(creditor_id: int) -> None:
    """What has to change is found by reading, and changed some customers at a time: no payment waits for it long."""
    with rounds.at(creditor_id, writes=False):
        outdated = alerts.outdated()
    for begin in range(0, len(outdated), SOME):
        with rounds.at(creditor_id):
            alerts.look(outdated[begin : begin + SOME])
    with rounds.at(creditor_id):
        alerts.tell()


@jobs.job(LOOK)
def look_after_import(_task: Task) -> None:
    """Invoices came in, or another policy: what follows is known at once, not only at the next round."""
    alerts.look(alerts.outdated())
    alerts.tell()


def look_soon(about_id: int) -> None:
    """Leaves it to a worker: neither an import nor a page is kept waiting for it."""
    outbox.put(LOOK, about_id)
