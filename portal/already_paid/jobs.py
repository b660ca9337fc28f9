"""When the days to look are over: a friendly question, once."""

from portal.already_paid import actions, queries
from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds


@jobs.every(minutes=60)
def ask_again() -> None:
    """Each search in a transaction of its own; a day that was missed is caught up, nobody is asked twice."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            over = queries.run_out(clock.today(creditors.in_scope().time_zone))
        rounds.each(creditor_id, over, actions.ask, "claim")
