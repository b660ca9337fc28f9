"""What the home page recalls of what the debtor did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from portal.core import db, scope
from portal.core.events import EventRow

RECALLED = (
    "receipt.confirmed",
    "receipt.problem_reported",
    "receipt.denied",
    "question.asked",
    "question.answered",
    "transfer.announced",
    "payment.succeeded",
    "payment.processing",
)


@dataclass(frozen=True, slots=True)
class Recalled:
    at: datetime
    name: str
    subject_id: int
    data: dict[str, Any]


_RECALLED = (
    select(EventRow.at, EventRow.name, EventRow.subject_id, EventRow.data)
    .where(EventRow.debtor_id == bindparam("debtor_id"), EventRow.name.in_(RECALLED))
    .order_by(EventRow.seq.desc())
    .limit(bindparam("limit"))
)


def recalled(debtor_id: int, limit: int = 8) -> list[Recalled]:
    """The debtor's own latest acts and what answered them, the newest first."""
    rows = db.session().execute(scope.prepared(_RECALLED), {"debtor_id": debtor_id, "limit": limit})
    return [Recalled(*row) for row in rows]
