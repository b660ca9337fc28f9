"""Money that is kept finds its due item, and what nobody decided about follows the creditor's policy."""

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.overpayments import actions, queries


@jobs.job(actions.USE)
def use(task: jobs.Task) -> None:
    actions.use(task.subject_id)


@jobs.every(minutes=60)
def see_to_it() -> None:
    """Uses what is kept, for whatever was missed; keeps what nobody asked about in time, where that is the policy."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            creditor = creditors.in_scope()
            late = queries.unasked_since(clock.today(creditor.time_zone)) if creditor.overpayments_kept else []
            kept = queries.kept_ids()
        rounds.each(creditor_id, late, actions.keep_by_policy, "overpayment")
        rounds.each(creditor_id, kept, actions.use, "overpayment")
