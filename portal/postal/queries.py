"""Letters as the creditor's people look for them, and those whose day of arrival has come."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from portal.core import db
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.messages.models import Message
from portal.postal.models import Letter, LetterBatch
from portal.postal.states import LetterStatus
from portal.silence import queries as silence
from portal.web import paging

MOST_BATCHES = 20


def one(letter_id: int, *, lock: bool = False) -> Letter | None:
    wanted = select(Letter).where(Letter.id == letter_id)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def of_message(message_id: int) -> Letter | None:
    return db.session().scalars(select(Letter).where(Letter.message_id == message_id)).one_or_none()


def to_print(now: datetime, most: int) -> Sequence[tuple[Letter, Message]]:
    """Those whose moment has come, the oldest first; nobody else prints or cancels them until this ends."""
    wanted = (
        select(Letter, Message)
        .join(Message, Message.id == Letter.message_id)
        .where(Letter.status == LetterStatus.PLANNED, Message.planned_at <= now)
        .order_by(Letter.id)
        .limit(most)
        .with_for_update()
    )
    return [(letter, message) for letter, message in db.session().execute(wanted)]


def waiting(now: datetime) -> int:
    """How many could be printed now."""
    wanted = (
        select(func.count())
        .select_from(Letter)
        .join(Message, Message.id == Letter.message_id)
        .where(Letter.status == LetterStatus.PLANNED, Message.planned_at <= now)
    )
    return int(db.session().scalar(wanted) or 0)


def listing(status: LetterStatus | None, cursor: str | None) -> paging.Page[tuple[Letter, Message]]:
    """The newest first, each with its message."""
    statement: Any = select(Letter, Message).join(Message, Message.id == Letter.message_id)
    if status is not None:
        statement = statement.where(Letter.status == status)
    place = Letter.id.expression
    rows = [tuple(row) for row in db.session().execute(paging.after(statement, place, place, cursor, down=True))]
    return paging.page(rows, lambda row: (row[0].id, row[0].id))


def batch(batch_id: int, *, lock: bool = False) -> LetterBatch | None:
    wanted = select(LetterBatch).where(LetterBatch.id == batch_id)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def batches() -> Sequence[LetterBatch]:
    """The newest first."""
    return db.session().scalars(select(LetterBatch).order_by(LetterBatch.id.desc()).limit(MOST_BATCHES)).all()


def of_batch(batch_id: int) -> Sequence[tuple[Letter, Message]]:
    """The letters of a batch that were not taken out since, in the order of their sheets."""
    wanted = (
        select(Letter, Message)
        .join(Message, Message.id == Letter.message_id)
        .where(Letter.batch_id == batch_id, Letter.status != LetterStatus.CANCELLED)
        .order_by(Letter.id)
    )
    return [(letter, message) for letter, message in db.session().execute(wanted)]


def arriving(today: date) -> Sequence[int]:
    """Posted letters that the post has brought by now, and whose messages have not been told."""
    wanted = select(Letter.id).where(
        Letter.status == LetterStatus.POSTED, Letter.arrived_at.is_(None), Letter.arrives_on <= today
    )
    return db.session().scalars(wanted.order_by(Letter.id).limit(1000)).all()


def still_open(invoice_ids: Sequence[int]) -> int:
    """How many of these invoices somebody may still be asked for."""
    wanted = (
        select(func.count(DueItem.invoice_id.distinct()))
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            DueItem.invoice_id.in_(invoice_ids),
            Receivable.open_minor > 0,
            Invoice.withdrawn_at.is_(None),
            ~silence.item_is_silent(),
        )
    )
    return int(db.session().scalar(wanted) or 0)
