"""What was contested in a period: how often, about how much, why, and how long it took."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select

from portal.core import db, scope
from portal.core.text import Text
from portal.disputes import reasons
from portal.disputes.models import Dispute

MOST = 5  # causes that are shown


@dataclass(frozen=True, slots=True)
class Contested:
    """`days_to_close` is the mean of those that were closed in the period; None where none was."""

    raised: int
    minor: int
    days_to_close: Decimal | None
    causes: tuple[tuple[Text, int], ...]


_BEGINS: Any = bindparam("begins")
_ENDS: Any = bindparam("ends")
_IN = Dispute.currency == bindparam("currency")
_RAISED = (
    select(Dispute.reason, func.count(), func.sum(Dispute.amount_minor))
    .where(_IN, Dispute.raised_at >= _BEGINS, Dispute.raised_at < _ENDS)
    .group_by(Dispute.reason)
)
_CLOSED = select(Dispute.raised_at, Dispute.closed_at).where(
    _IN, Dispute.closed_at >= _BEGINS, Dispute.closed_at < _ENDS
)


def of_period(first: date, last: date, currency: str, zone: str) -> Contested:
    begins, ends = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (first, last + timedelta(days=1)))
    values = {"currency": currency, "begins": begins, "ends": ends}
    rows = db.session().execute(scope.prepared(_RAISED), values).all()
    closed = db.session().execute(scope.prepared(_CLOSED), values)
    days = [Decimal((at - raised).total_seconds()) / 86_400 for raised, at in closed if at is not None]
    known = reasons.reasons()
    causes = sorted(((reasons.label(reason, known), int(count)) for reason, count, _minor in rows),
                    key=lambda one: -one[1])  # fmt: skip
    return Contested(
        sum(int(count) for _reason, count, _minor in rows),
        sum(int(minor) for _reason, _count, minor in rows),
        sum(days, Decimal(0)) / len(days) if days else None,
        tuple(causes[:MOST]),
    )
