"""Sending one message: marked, handed to its channel outside any transaction, and what came of it kept."""

import logging

from portal.core import db, jobs
from portal.core.jobs import Retry, Task
from portal.core.relay import Answer, Verdict
from portal.core.text import t
from portal.messages import actions, rendering
from portal.messages.channels import Sent, all_channels
from portal.messages.letters import Letter
from portal.messages.models import Message
from portal.messages.states import MessageStatus

log = logging.getLogger(__name__)

TO_SEND = frozenset({MessageStatus.PLANNED, MessageStatus.SENDING})


def _gave_up(task: Task, why: str) -> None:
    """A message that nobody will try again has failed: staff see it, and may send it again."""
    message = db.session().get(Message, task.subject_id)
    if message is None or message.status not in TO_SEND:
        return
    if message.status is MessageStatus.PLANNED:
        actions.begin_sending(message)
    if message.status is MessageStatus.SENDING:
        actions.mark_failed(message, why)


@jobs.job(actions.SEND, gave_up=_gave_up)
def send(task: Task) -> None:
    """At least once: a worker that dies after the relay's yes sends again, with the same Message-ID."""
    message = db.session().get(Message, task.subject_id)
    if message is None or message.status not in TO_SEND:
        return
    if actions.put_off(message) is not None or actions.begin_sending(message) is not None:
        return
    try:
        letter = rendering.letter(message)
    except rendering.CannotWrite as error:
        log.exception("cannot write", extra={"key": message.key, "language": message.language})
        actions.mark_failed(message, str(error))
        return
    channel = all_channels().get(message.channel)
    if channel is None:
        actions.mark_failed(message, str(t("there is no such way to send it")))
        return
    try:
        with db.outside_transaction():
            sent = channel.send(letter)
    except ValueError:
        actions.mark_failed(message, str(t("it cannot be sent like this")))
        return
    _keep(message, letter, sent, is_last=task.tries > len(jobs.BACKOFF))


def _keep(message: Message, letter: Letter, sent: Sent, *, is_last: bool) -> None:
    answer: Answer = sent.answer
    match answer.verdict:
        case Verdict.ACCEPTED:
            as_sent = actions.AsSent(
                letter.subject, letter.text, letter.html, sent.sha256, letter.own_text_id, letter.wording
            )
            actions.mark_sent(message, as_sent)
        case Verdict.BOUNCED:
            actions.mark_bounced(message, answer.why)
        case Verdict.REFUSED:
            actions.mark_failed(message, answer.why)
        case Verdict.LATER | Verdict.UNKNOWN:
            if not is_last:
                raise Retry(answer.why)
            actions.mark_failed(message, answer.why)
