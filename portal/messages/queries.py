"""Messages as the creditor's people look at them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from portal.core import db
from portal.core.events import EventRow
from portal.messages.models import Message
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
