"""When the days to look are over: a friendly question, once."""

import logging

from portal.already_paid import actions, queries
from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors

log = logging.getLogger(__name__)


@jobs.every(minutes=60)
def ask_again() -> None:
    """Each search in a transaction of its own; a day that was missed is caught up, nobody is asked twice."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    for creditor_id in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            over = queries.run_out(clock.today(creditors.by_id(creditor_id).time_zone))
        for claim_id in over:
            try:
                with db.transaction():
                    scope.enter(creditor_id)
                    actions.ask(claim_id)
            except Exception:  # one that cannot be asked about must not keep the others waiting
                log.exception("could not be asked about", extra={"claim": claim_id})
