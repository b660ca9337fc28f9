"""Counts the SQL statements that a block runs, whichever session runs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from portal.core import db


@dataclass
class Counted:
    """The statements so far. Beginning, and telling PostgreSQL the scope, are none."""

    statements: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n\n".join(f"{number}. {one}" for number, one in enumerate(self.statements, start=1))


@contextmanager
def counted() -> Iterator[Counted]:
    """Counts what runs on this process's engine until the block ends."""
    found = Counted()

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "set_config(" not in statement and not statement.startswith("BEGIN"):
            found.statements.append(statement)

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
