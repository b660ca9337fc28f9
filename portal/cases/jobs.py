"""Nothing open is left without an owner: whoever has left, by whatever way, leaves their cases to the desk."""

from portal.cases import actions
from portal.core import db, jobs, scope
from portal.creditors import queries as creditors


@jobs.every(minutes=60)
def hand_back() -> None:
    """Each creditor in a transaction of its own; most changes hand back at once (portal.reactions)."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    for creditor_id in everyone:
        with db.transaction():
            scope.enter(creditor_id)
            actions.hand_back()
