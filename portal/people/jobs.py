"""Background work: mails to the creditor's people, a bank account coming into effect, held forms forgotten."""

from portal.core import db, installation, jobs, relay, scope
from portal.core.jobs import Retry, Task
from portal.core.relay import Verdict
from portal.creditors import queries as creditors
from portal.people import account_changes, held, mails, notices
from portal.people.models import StaffMail


def _gave_up(task: Task, why: str) -> None:
    row = db.session().get(StaffMail, task.subject_id)
    if row is not None and row.sent_at is None:
        notices.failed(row, why)


@jobs.job(mails.SEND, gave_up=_gave_up)
def send(task: Task) -> None:
    """At least once: a worker that dies after the relay's yes sends again, with the same Message-ID."""
    row = db.session().get(StaffMail, task.subject_id)
    if row is None or row.sent_at is not None or row.failed_at is not None:
        return
    try:
        content = notices.compose(row, creditors.face(scope.current().creditor_id))
    except notices.NothingToSay as over:
        notices.failed(row, over.why)
        return
    except ValueError:
        notices.failed(row, "this is not an address that mail can be sent to")
        return
    to_address = row.to_address
    with db.outside_transaction():
        answer = relay.hand_over(installation.settings().smtp, to_address, content)
    if answer.verdict is Verdict.ACCEPTED:
        notices.sent(row)
    elif answer.verdict in {Verdict.LATER, Verdict.UNKNOWN}:
        raise Retry(answer.why)
    else:
        notices.failed(row, answer.why)


@jobs.job(account_changes.LATER)
def come_into_effect(task: Task) -> None:
    """A day after its approval; or called off, when nobody approved it in time."""
    account_changes.when_due(task.subject_id)


@jobs.every(minutes=60)
def forget_held_forms() -> None:
    """What somebody typed and did not come back for."""
    with db.transaction():
        held.forget_old()
