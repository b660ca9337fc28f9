"""Letters arrive by their day."""

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.postal import actions, queries


@jobs.every(minutes=30)
def hear_arrivals() -> None:
    """Each in a transaction of its own: one that fails keeps no other waiting."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            there = queries.arriving(clock.today(creditors.in_scope().time_zone))
        rounds.each(creditor_id, there, _arrive, "letter")


def _arrive(letter_id: int) -> None:
    letter = queries.one(letter_id, lock=True)
    if letter is not None:
        actions.arrive(letter)
