"""Asking, reminding once, and noticing that nothing happened: every ten minutes, in lawful hours."""

from portal.core import clock, db, jobs, windows
from portal.core.jobs import Task
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.surveys import actions, improving, policies, queries, whom
from portal.surveys.models import Improvement


@jobs.every(minutes=10)
def ask() -> None:
    """Each customer in a transaction of their own; who cannot be asked now is looked at again."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            now = clock.now()
            if windows.next_moment(now, creditors.in_scope().time_zone) > now:
                continue
            policy = policies.current()
            to_ask = queries.to_ask(now)
            to_remind = queries.to_remind(now, policy.remind_days) if policy.on and policy.remind_days else []
        rounds.each(creditor_id, to_ask, actions.ask, "survey")
        rounds.each(creditor_id, to_remind, actions.remind, "survey")


@jobs.every(minutes=60)
def notice() -> None:
    """Who has said nothing for the creditor's number of days after a due date is asked, too."""
    for creditor_id in rounds.everyone():
        after = 0
        while True:
            with rounds.at(creditor_id, writes=False):
                policy = policies.current()
                found = whom.nothing_since(policy.nothing_days, after) if policy.on and policy.nothing_days else []
            if not found:
                break
            rounds.each(creditor_id, found, actions.note_nothing, "debtor")
            after = found[-1]


@jobs.job(improving.TELL)
def tell(task: Task) -> None:
    """Those who had spoken of it hear what was changed."""
    row = db.session().get(Improvement, task.subject_id)
    if row is not None:
        improving.tell(row)
