"""Money that is kept finds its due item, and what nobody decided about follows the creditor's policy."""

import logging

from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors
from portal.overpayments import actions, queries

log = logging.getLogger(__name__)


@jobs.job(actions.USE)
def use(task: jobs.Task) -> None:
    actions.use(task.subject_id)


@jobs.every(minutes=60)
def see_to_it() -> None:
    """Uses what is kept, for whatever was missed; keeps what nobody asked about in time, where that is the policy."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    for creditor_id in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            creditor = creditors.by_id(creditor_id)
            late = queries.unasked_since(clock.today(creditor.time_zone)) if creditor.overpayments_kept else []
            kept = queries.kept_ids()
        for overpayment_id in late:
            _each(creditor_id, overpayment_id, keeps=True)
        for overpayment_id in kept:
            _each(creditor_id, overpayment_id, keeps=False)


def _each(creditor_id: int, overpayment_id: int, *, keeps: bool) -> None:
    try:
        with db.transaction():
            scope.enter(creditor_id)
            if keeps:
                actions.keep_by_policy(overpayment_id)
            else:
                actions.use(overpayment_id)
    except Exception:  # one that cannot be used must not keep the others waiting
        log.exception("could not be seen to", extra={"overpayment": overpayment_id})
