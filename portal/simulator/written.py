"""Which tables have been written to: read off the statements on their way to the database."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event


class Written:
    """Which tables statements have changed since somebody asked; what was rolled back counts as well."""

    _CHANGE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)

    def __init__(self) -> None:
        self._tables: set[str] = set()

    def take(self) -> set[str]:
        taken, self._tables = self._tables, set()
        return taken

    def watch(self, engine: Engine) -> Callable[[], None]:
        """Reads what runs on `engine` from now on; the answer ends it."""
        event.listen(engine, "before_cursor_execute", self._note)
        return lambda: event.remove(engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found = self._CHANGE.match(statement)
        if found is not None:
            self._tables.add(found[1])
