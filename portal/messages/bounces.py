"""What comes to the sender's mailbox: mails that came back, whose links close too, and complaints (A-10, C-51)."""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial

from sqlalchemy import select

from portal.core import db, ids
from portal.core.delivery_reports import Complaint, Report, complaint, read
from portal.core.mail import checked_address
from portal.creditors import rounds
from portal.messages import hearing, rules
from portal.messages.models import Message
from portal.messages.reports import Heard
from portal.messages.states import MessageStatus

SOURCE = "mailbox"


class Outcome(StrEnum):
    """STOPPED: nothing goes there any more. LATER: the mailbox is there, full or strict. UNKNOWN: no mail of ours.

    COMPLAINED: nothing goes there any more that its reader does not ask for.
    """

    STOPPED = "stopped"
    KNOWN = "known"
    LATER = "later"
    COMPLAINED = "complained"
    UNKNOWN = "unknown"
    NO_REPORT = "no_report"


def take(mails: Iterable[bytes]) -> Counter[Outcome]:
    """Reads the mails that came to the sender's mailbox and acts on each; opens its own transactions."""
    counts: Counter[Outcome] = Counter()
    every = rounds.everyone()
    for mail in mails:
        found: list[Outcome] = [_take(one.words, partial(_judge, one), every) for one in read(mail)]
        minded = complaint(mail)
        if minded is not None:
            found.append(_take(minded.words, partial(_hear_complaint, minded), every))
        counts.update(found or [Outcome.NO_REPORT])
    return counts


def _take(words: str, judge: Callable[[Message], Outcome], every: list[int]) -> Outcome:
    try:
        message_id = ids.read(words)
    except ValueError:
        return Outcome.UNKNOWN
    for creditor_id in every:
        with rounds.at(creditor_id):
            message = db.session().scalars(select(Message).where(Message.id == message_id)).one_or_none()
            if message is not None:
                return judge(message)
    return Outcome.UNKNOWN


def _judge(report: Report, message: Message) -> Outcome:
    """Only the address that this mail went to, so that nobody who has one of our mails stops another's address."""
    if message.status is not MessageStatus.SENT or _went_to(message) not in report.recipients:
        return Outcome.UNKNOWN
    kind = rules.BOUNCED if report.gone else rules.FAILED
    kept = hearing.hear(message, Heard(message.id, kind, None, report.code), SOURCE)
    if not report.gone:
        return Outcome.LATER
    return Outcome.STOPPED if kept is hearing.Outcome.KEPT else Outcome.KNOWN


def _hear_complaint(minded: Complaint, message: Message) -> Outcome:
    """Many providers name no recipient; who has the mail could press its unsubscribe button just as well."""
    if message.status is not MessageStatus.SENT or (minded.recipients and _went_to(message) not in minded.recipients):
        return Outcome.UNKNOWN
    kept = hearing.hear(message, Heard(message.id, rules.COMPLAINED, None), SOURCE)
    return Outcome.COMPLAINED if kept is hearing.Outcome.KEPT else Outcome.KNOWN


def _went_to(message: Message) -> str:
    try:
        return checked_address(message.to_address).lower()
    except ValueError:  # a telephone's number, or let go of since
        return ""
