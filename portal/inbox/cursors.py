"""Going on behind a row that was shown: its id stands in the address, its place in the order is looked up.

A cursor comes from an address, where anybody may have written anything: one that does not fit is none.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, or_

from portal.core import ids
from portal.web import paging


def row_id(cursor: str | None) -> int | None:
    """The id of the last row that was shown, or None for the first page."""
    place = paging.read_cursor(cursor)
    return place[1] if place is not None and ids.is_id(place[0]) else None


def behind(columns: Sequence[SQLColumnExpression[Any]], place: Sequence[Any], *, down: bool) -> ColumnElement[bool]:
    """Rows that come after `place` when ordered by `columns`, all upwards or all downwards."""
    found: ColumnElement[bool] = false()
    for column, value in reversed(list(zip(columns, place, strict=True))):
        further = column < value if down else column > value
        found = or_(further, and_(column == value, found))
    return found
