"""Rests end by themselves."""

from portal.core import clock, jobs
from portal.creditors import rounds
from portal.hardship import actions, queries, rules


@jobs.every(minutes=60)
def end_rests() -> None:
    """What has run out is over, and its case is closed; another creditor's are another transaction."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id):
            for rest in queries.over(clock.now()):
                actions.end(rest, rules.OVER)
