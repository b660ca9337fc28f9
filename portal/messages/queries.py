"""Messages as the creditor's people look at them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select

from portal.core import clock, db, installation
from portal.core.events import EventRow
from portal.messages import rules
from portal.messages.models import Message, MessageReport
from portal.messages.states import MessageStatus
from portal.web import paging


def listing(
    status: MessageStatus | None = None, debtor_id: int | None = None, cursor: str | None = None
) -> paging.Page[Message]:
    """Newest first; only those of `status`, or to one debtor, where given."""
    statement = select(Message)
    if status is not None:
        statement = statement.where(Message.status == status)
    if debtor_id is not None:
        statement = statement.where(Message.debtor_id == debtor_id)
    rows = (
        db.session()
        .scalars(paging.after(statement, Message.id.expression, Message.id.expression, cursor, down=True))
        .all()
    )
    return paging.page(rows, lambda row: (row.id, row.id))


def one(message_id: int) -> Message | None:
    return db.session().scalars(select(Message).where(Message.id == message_id)).one_or_none()


def planned_since(debtor_id: int, keys: Sequence[str], since: datetime) -> bool:
    """Whether a message of one of these keys was planned for the debtor since that moment, and not held back."""
    wanted = select(Message.id).where(
        Message.debtor_id == debtor_id,
        Message.key.in_(keys),
        Message.planned_at >= since,
        Message.status != MessageStatus.SUPPRESSED,
    )
    return db.session().scalar(wanted.limit(1)) is not None


def history(message_id: int) -> Sequence[EventRow]:
    """What became of a message, newest first."""
    return (
        db.session()
        .scalars(
            select(EventRow)
            .where(EventRow.subject_kind == "message", EventRow.subject_id == message_id)
            .order_by(EventRow.seq.desc())
        )
        .all()
    )


def not_sent() -> int:
    """How many messages failed and wait for somebody."""
    found = select(func.count()).select_from(Message).where(Message.status == MessageStatus.FAILED)
    return int(db.session().scalar(found) or 0)


def facts(message_ids: Iterable[int]) -> dict[int, dict[str, datetime]]:
    """What the network said of each message after it had left: the moment by the kind of fact."""
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    wanted = list(message_ids)
    if not wanted:
        return found
    said = select(MessageReport.message_id, MessageReport.kind, MessageReport.at).where(
        MessageReport.message_id.in_(wanted)
    )
    for message_id, kind, at in db.session().execute(said):
        found[message_id][kind] = at
    return found


def reached(message_ids: Iterable[int]) -> dict[int, rules.Reached]:
    """When each message counts as delivered; "failed" where it did not arrive, "held" where we kept it, else None.

    An id that is no message's of this scope is not in the answer. Two statements, however many messages.
    """
    wanted = list(message_ids)
    if not wanted:
        return {}
    heard, receipts, now = facts(wanted), installation.settings().sms.receipts, clock.now()
    rows = select(Message.id, Message.channel, Message.status, Message.sent_at).where(Message.id.in_(wanted))
    return {
        message_id: rules.reached(channel, status, sent_at, heard.get(message_id, {}), receipts=receipts, now=now)
        for message_id, channel, status, sent_at in db.session().execute(rows)
    }
