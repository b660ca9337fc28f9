"""Rests end by themselves."""

from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors
from portal.hardship import actions, queries, rules


@jobs.every(minutes=60)
def end_rests() -> None:
    """What has run out is over, and its case is closed; another creditor's are another transaction."""
    with db.transaction(writes=False):
        creditor_ids = creditors.all_ids()
    for creditor_id in creditor_ids:
        with db.transaction():
            scope.enter(creditor_id)
            for rest in queries.over(clock.now()):
                actions.end(rest, rules.OVER)
