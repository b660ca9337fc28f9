"""What the network says of messages that have left: kept once, and told (rules C-50, C-51).

Who reports names a message and nothing else, so whose it is is looked for from creditor to creditor.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select

from portal.core import clock, db, events, ids
from portal.creditors import rounds
from portal.messages import courtesy, rules
from portal.messages import events as happened
from portal.messages.models import Message, MessageReport
from portal.messages.reports import Heard
from portal.messages.states import MessageStatus


class Outcome(StrEnum):
    KEPT = "kept"
    KNOWN = "known"
    UNKNOWN = "unknown"  # no message of ours, or one that has not left


def hear_all(reports: Sequence[Heard], source: str) -> Counter[Outcome]:
    """Keeps each report with the message that it is about; opens its own transactions."""
    by_id: dict[int, list[Heard]] = defaultdict(list)
    for report in reports:
        by_id[report.message_id].append(report)
    counts: Counter[Outcome] = Counter()
    for creditor_id in rounds.everyone() if by_id else []:
        with rounds.at(creditor_id, writes=False):
            mine = db.session().scalars(select(Message.id).where(Message.id.in_(by_id))).all()
        for message_id in mine:
            with rounds.at(creditor_id):
                message = db.session().scalars(select(Message).where(Message.id == message_id)).one_or_none()
                if message is not None:
                    counts.update(hear(message, report, source) for report in by_id.pop(message_id))
        if not by_id:
            break
    counts[Outcome.UNKNOWN] += sum(len(left) for left in by_id.values())
    return counts


def hear(message: Message, report: Heard, source: str) -> Outcome:
    """Keeps one fact about a message that has left, and tells it; said again it is the same fact.

    That it arrived may be known before we know that it left: the gateway's own answer was lost on the way.
    """
    left = message.status is MessageStatus.SENT
    left = left or (message.status is MessageStatus.SENDING and report.kind == rules.DELIVERED)
    if not left or report.kind not in rules.FACTS:
        return Outcome.UNKNOWN
    now = clock.now()
    known = select(MessageReport.id).where(MessageReport.message_id == message.id, MessageReport.kind == report.kind)
    if db.session().scalar(known) is not None:
        return Outcome.KNOWN
    earliest = message.sent_at or now
    db.session().add(
        MessageReport(
            id=ids.new_id(),
            debtor_id=message.debtor_id,
            message_id=message.id,
            contact_point_id=message.contact_point_id,
            kind=report.kind,
            at=min(max(report.at or now, earliest), now),  # another's clock may be wrong, in both directions
            source=source,
            code=report.code[:40],
            heard_at=now,
        )
    )
    db.session().flush()
    _tell(message, report.kind, source)
    return Outcome.KEPT


def _tell(message: Message, kind: str, source: str) -> None:
    message_id, debtor_id, key, channel = message.id, message.debtor_id, message.key, message.channel
    if kind in {rules.DELIVERED, rules.COMPLAINED}:
        told = happened.MessageDelivered if kind == rules.DELIVERED else happened.MessageComplained
        events.record(told(message_id=message_id, debtor_id=debtor_id, key=key, channel=channel, source=source))
        if kind == rules.COMPLAINED:
            courtesy.hear_complaint(message)
        return
    events.record(
        happened.MessageUndelivered(
            message_id=message_id, debtor_id=debtor_id, key=key, channel=channel, source=source, kind=kind
        )
    )
    if kind == rules.BOUNCED and message.contact_point_id is not None:
        events.record(
            happened.MessageBounced(message_id=message_id, debtor_id=debtor_id, contact_id=message.contact_point_id)
        )
