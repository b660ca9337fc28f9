"""What this transaction has posted, for who adds the books up at its end (portal.summaries)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.core import db

Row = Mapping[str, Any]  # the columns of one transfer


def note(rows: Iterable[Row]) -> None:
    """Every posting is noted where it is written."""
    db.session().info.setdefault("posted", []).extend(rows)


def taken(session: Session) -> list[Row]:
    """What was noted since the last time, once."""
    found: list[Row] = session.info.pop("posted", [])
    return found
