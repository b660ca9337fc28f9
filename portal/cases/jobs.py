"""Nothing open is left without an owner: whoever has left, by whatever way, leaves their cases to the desk."""

from portal.cases import actions
from portal.core import jobs
from portal.creditors import rounds


@jobs.every(minutes=60)
def hand_back() -> None:
    """Each creditor in a transaction of its own; most changes hand back at once (portal.reactions)."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id):
            actions.hand_back()
