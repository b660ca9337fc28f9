"""Pages of a list by cursor: the last row's place, spelled into the address; never OFFSET.

A list is ordered by one column and then by id, so a cursor is (value, id). It is readable and not secret: it
only says where to go on, the scope says what may be seen.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_

T = TypeVar("T")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    rows: Sequence[T]
    next_cursor: str | None


def after(
    statement: Select[Any],
    column: ColumnElement[Any],
    row_id: ColumnElement[int],
    cursor: str | None,
    *,
    down: bool,
) -> Select[Any]:
    """`statement` ordered by `column`, then id, from behind `cursor`; a cursor that cannot be read is none."""
    order = (column.desc(), row_id.desc()) if down else (column.asc(), row_id.asc())
    place = read_cursor(cursor)
    if place is not None:
        value, last_id = place
        if down:
            behind = or_(column < value, and_(column == value, row_id < last_id))
        else:
            behind = or_(column > value, and_(column == value, row_id > last_id))
        statement = statement.where(behind)
    return statement.order_by(*order).limit(PAGE_SIZE + 1)


def page(rows: Sequence[T], place_of: Any) -> Page[T]:
    """Cuts the one row too many and makes the cursor of the last that is shown."""
    shown = rows[:PAGE_SIZE]
    return Page(shown, write_cursor(*place_of(shown[-1])) if len(rows) > PAGE_SIZE else None)


def write_cursor(value: Any, row_id: int) -> str:
    kind = "d" if isinstance(value, date) else "v"
    written = json.dumps([kind, value.isoformat() if kind == "d" else value, row_id])
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[Any, int] | None:
    if not cursor or len(cursor) > 400:
        return None
    try:
        kind, value, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if type(row_id) is not int or not isinstance(value, (str, int)):
            return None
        return (date.fromisoformat(str(value)) if kind == "d" else value), row_id
    except (ValueError, TypeError):
        return None
