"""Calls and the hours for them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.calls.models import Call, CallHours, Seat
from portal.calls.rules import Hours
from portal.calls.states import CallStatus
from portal.core import clock, db, scope
from portal.core.recent import Recent


def hours() -> Hours | None:
    """The creditor's; None where nobody can book."""
    row = db.session().get(CallHours, scope.current().creditor_id)
    if row is None or not row.spans:
        return None
    return Hours(tuple((one[0], one[1], one[2]) for one in row.spans), row.minutes, row.at_once)


_offered = Recent[int, bool](seconds=10)  # by creditor: every page asks, and hours change once a year


def is_offered() -> bool:
    """Whether customers may book a call; another process hears of a change within seconds."""
    return _offered.answer(scope.current().creditor_id, lambda: hours() is not None)


def forget_offered() -> None:
    """The hours have changed."""
    _offered.forget()


def one(call_id: int) -> Call | None:
    return db.session().scalars(select(Call).where(Call.id == call_id)).one_or_none()


def taken(since: datetime) -> list[datetime]:
    """When calls begin from then on, once for each seat that is taken."""
    return list(db.session().scalars(select(Seat.starts_at).where(Seat.starts_at >= since)))


def seats_at(starts_at: datetime) -> Sequence[int]:
    return db.session().scalars(select(Seat.seat).where(Seat.starts_at == starts_at)).all()


def next_of(debtor_id: int) -> Call | None:
    """The customer's next booked call."""
    wanted = select(Call).where(
        Call.debtor_id == debtor_id, Call.status == CallStatus.BOOKED, Call.ends_at > clock.now()
    )
    return db.session().scalars(wanted.order_by(Call.starts_at).limit(1)).one_or_none()
