"""Pages of a list by cursor: the last row's place, spelled into the address; never OFFSET.

A list is ordered by one column and then by id, so a cursor is (value, id). It is readable and not secret: it
only says where to go on, the scope says what may be seen.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_

from portal.core import db, ids

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
    if place is not None and _fits(column, place[0]):
        value, last_id = place
        if down:
            behind = or_(column < value, and_(column == value, row_id < last_id))
        else:
            behind = or_(column > value, and_(column == value, row_id > last_id))
        statement = statement.where(behind)
    return statement.order_by(*order).limit(PAGE_SIZE + 1)


def _fits(column: ColumnElement[Any], value: Any) -> bool:
    """Whether a value that came in an address is of the column's kind; databases stumble over others."""
    kind = datetime if isinstance(column.type, db.Instant) else column.type.python_type
    return type(value) is kind


def page(rows: Sequence[T], place_of: Any) -> Page[T]:
    """Cuts the one row too many and makes the cursor of the last that is shown."""
    shown = rows[:PAGE_SIZE]
    return Page(shown, write_cursor(*place_of(shown[-1])) if len(rows) > PAGE_SIZE else None)


def write_cursor(value: Any, row_id: int) -> str:
    kind = "t" if isinstance(value, datetime) else "d" if isinstance(value, date) else "v"
    written = json.dumps([kind, value if kind == "v" else value.isoformat(), row_id])
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[Any, int] | None:
    """The place that a cursor names; one that somebody made up, and that no row could have, is none."""
    if not cursor or len(cursor) > 400 or not cursor.isascii():
        return None
    try:
        kind, written, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = _READ[kind](written)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (value, row_id) if ids.is_id(row_id) else None


def _plain(written: Any) -> str | int:
    if type(written) is int and -_LARGEST <= written < _LARGEST:
        return written
    if isinstance(written, str) and written.isprintable():
        return written
    raise ValueError("not a place in a list")


def _instant(written: Any) -> datetime:
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant


_LARGEST = 1 << 63
_READ: dict[str, Callable[[Any], Any]] = {"v": _plain, "d": date.fromisoformat, "t": _instant}
