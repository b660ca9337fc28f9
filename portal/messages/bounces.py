"""A mail that was taken and came back later: its address takes no mail, so its links close as well (A-10, C-51)."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select

from portal.core import db, events, ids
from portal.core.delivery_reports import Report, read
from portal.core.events import EventRow
from portal.core.mail import checked_address
from portal.creditors import rounds
from portal.messages.events import MessageBounced
from portal.messages.models import Message
from portal.messages.states import MessageStatus


class Outcome(StrEnum):
    """STOPPED: nothing goes there any more. LATER: the mailbox is there, full or strict. UNKNOWN: no mail of ours."""

    STOPPED = "stopped"
    KNOWN = "known"
    LATER = "later"
    UNKNOWN = "unknown"
    NO_REPORT = "no_report"


def take(mails: Iterable[bytes]) -> Counter[Outcome]:
    """Reads the mails that came to the sender's mailbox and acts on each; opens its own transactions."""
    counts: Counter[Outcome] = Counter()
    every = rounds.everyone()
    for mail in mails:
        reports = read(mail)
        counts.update([_take(one, every) for one in reports] or [Outcome.NO_REPORT])
    return counts


def _take(report: Report, every: list[int]) -> Outcome:
    try:
        message_id = ids.read(report.words)
    except ValueError:
        return Outcome.UNKNOWN
    for creditor_id in every:
        with rounds.at(creditor_id):
            message = db.session().scalars(select(Message).where(Message.id == message_id)).one_or_none()
            if message is not None:
                return _judge(report, message)
    return Outcome.UNKNOWN


def _judge(report: Report, message: Message) -> Outcome:
    """Only the address that this mail went to, so that nobody who has one of our mails stops another's address."""
    if message.status is not MessageStatus.SENT or _went_to(message) not in report.recipients:
        return Outcome.UNKNOWN
    if not report.gone:
        return Outcome.LATER
    if message.contact_point_id is None or _is_known(message):
        return Outcome.KNOWN
    events.record(
        MessageBounced(message_id=message.id, debtor_id=message.debtor_id, contact_id=message.contact_point_id)
    )
    return Outcome.STOPPED


def _went_to(message: Message) -> str:
    try:
        return checked_address(message.to_address).lower()
    except ValueError:  # a telephone's number, or let go of since
        return ""


def _is_known(message: Message) -> bool:
    said = select(EventRow.id).where(EventRow.name == "message.bounced", EventRow.subject_id == message.id)
    return db.session().scalar(said.limit(1)) is not None
