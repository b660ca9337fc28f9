"""Housekeeping of every creditor, once a day: the numbers of forms that nobody will send again."""

from portal.core import db, jobs, once, scope
from portal.creditors import queries


@jobs.every(minutes=24 * 60)
def forget_old_commands() -> None:
    """Each creditor in a transaction of its own."""
    with db.transaction(writes=False):
        everyone = queries.all_ids()
    for creditor_id in everyone:
        with db.transaction():
            scope.enter(creditor_id)
            once.forget_old()
