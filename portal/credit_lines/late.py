"""From which day on an item is late, and when it rests: for rows and for queries (rule B-54, decision 28)."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Date, case, exists, literal, or_

from portal.interest.due_dates import last_day
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold
from portal.ledger.models import Receivable

_DAY = timedelta(days=1)


def newest_late(today: date, days: int = 0) -> date:
    """The newest stated due date that is more than `days` days late on `today`: every earlier one is, too."""
    found = today - timedelta(days=days) - _DAY
    while last_day(found) >= today - timedelta(days=days):
        found -= _DAY
    return found


def days_late(due_on: date, today: date) -> int:
    """Days after the last day on which payment was in time; nought where it is not late."""
    return max(0, (today - last_day(due_on)).days)


def last_day_of_item(first: date, last: date) -> ColumnElement[date]:
    """Until when a due item of that stretch of stated dates may be paid in time, for a query."""
    moved = {}
    day = first
    while day <= last:
        if last_day(day) != day:
            moved[day] = literal(last_day(day), Date())
        day += _DAY
    return case(moved, value=DueItem.due_on, else_=DueItem.due_on) if moved else DueItem.due_on.expression


def rests() -> ColumnElement[bool]:
    """That all that is open of the due item of the statement around it is held; a contested part leaves the rest."""
    whole = or_(Hold.amount_minor.is_(None), Hold.amount_minor >= Receivable.open_minor)
    return exists().where(Hold.due_item_id == DueItem.id, holds.running(), whole).correlate(DueItem, Receivable)
