"""What must follow a change, written in the same transaction: a row with a kind, a subject and a time.

A row is claimed by a conditional UPDATE, works at least once, and says why it gave up. It carries ids only.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock, db, ids, scope

WAITING, TAKEN, DONE, GAVE_UP = "waiting", "taken", "done", "gave_up"
SOON_SECONDS = 120.0
LEASE = timedelta(minutes=10)  # a claim that has not ended by then is free again: its worker died


class OutboxRow(db.Base):
    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_subject", "kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]  # when it may be claimed; while taken, when the claim lapses
    why: Mapped[str | None] = mapped_column(String(200))  # the last failure, without personal data
    created_at: Mapped[datetime]


def put(kind: str, subject_id: int, *, due_at: datetime | None = None) -> int:
    """Writes what must follow for the creditor in scope; enqueued after the commit. Returns the row's id."""
    row = OutboxRow(
        id=ids.new_id(),
        creditor_id=scope.current().creditor_id,
        kind=kind,
        subject_id=subject_id,
        state=WAITING,
        tries=0,
        due_at=due_at or clock.now(),
        created_at=clock.now(),
    )
    db.session().add(row)
    _tell_queue(row.id, row.due_at)
    return row.id


# Takes a row's id and the seconds to wait.
Enqueue = Callable[[int, float], None]
_enqueuers: list[Enqueue] = []


def _tell_queue(row_id: int, due_at: datetime) -> None:
    """After the commit; what is due later than the sweep's next rounds is left to them."""
    wait = (due_at - clock.now()).total_seconds()
    if wait > SOON_SECONDS:
        return
    for enqueue in _enqueuers:
        db.on_commit(partial(enqueue, row_id, max(0.0, wait)))


def enqueue_with(enqueue: Enqueue | None) -> None:
    """The queue that is told of new rows right after their commit; without one the sweep finds them."""
    _enqueuers[:] = [enqueue] if enqueue is not None else []


def claim(row_id: int) -> OutboxRow | None:
    """Takes a due row for this worker, or answers None when another has it or its time has not come."""
    now = clock.now()
    taken = db.changed(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state.in_((WAITING, TAKEN)), OutboxRow.due_at <= now)
        .values(state=TAKEN, tries=OutboxRow.tries + 1, due_at=now + LEASE)
    )
    if taken != 1:
        return None
    return db.session().get(OutboxRow, row_id, populate_existing=True)


def keep_claim(row_id: int, now: datetime) -> None:
    """Prolongs the claim on a row whose work takes long, in a transaction of its own."""
    with db.transaction():
        db.changed(
            update(OutboxRow).where(OutboxRow.id == row_id, OutboxRow.state == TAKEN).values(due_at=now + LEASE)
        )


def finish(row_id: int) -> None:
    _end(row_id, state=DONE, why=None)


def give_up(row_id: int, why: str) -> None:
    _end(row_id, state=GAVE_UP, why=why[:200])


def retry(row_id: int, due_at: datetime, why: str) -> None:
    _end(row_id, state=WAITING, why=why[:200], due_at=due_at)
    _tell_queue(row_id, due_at)


def _end(row_id: int, **values: Any) -> None:
    db.changed(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))


def due(limit: int = 200) -> list[int]:
    """Ids of rows whose time has come, oldest first; a lapsed claim counts as due."""
    return list(
        db.session().scalars(
            select(OutboxRow.id)
            .where(OutboxRow.state.in_((WAITING, TAKEN)), OutboxRow.due_at <= clock.now())
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(limit)
        )
    )
