"""Housekeeping of every creditor, once a day: the numbers of forms that nobody will send again."""

from portal.core import jobs, once
from portal.creditors import rounds


@jobs.every(minutes=24 * 60)
def forget_old_commands() -> None:
    """Each creditor in a transaction of its own."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id):
            once.forget_old()
