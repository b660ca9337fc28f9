"""State machines as data, and the only place that writes a status (rule D-01).

A feature's `states.py` holds a `Status` enum with translated labels and a `Machine` whose edges name the
event that makes each move. Anything else is refused as 409.
"""

import enum
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from portal.core import clock, events
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t

log = logging.getLogger(__name__)


class Status(enum.StrEnum):
    """A status: its stored word, its label for readers, and the word that the outside sees."""

    label: Text
    public: str

    def __new__(cls, value: str, label: Text, public: str | None = None) -> "Status":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.public = public or value
        return member


class StatusColumn(TypeDecorator[Status]):
    """A status as VARCHAR; what is not in the enum cannot be written or read."""

    impl = String(32)
    cache_ok = True

    def __init__(self, enum_class: type[Status]) -> None:
        super().__init__()
        self.enum_class = enum_class

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self._member(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Status | None:  # noqa: ARG002
        return None if value is None else self._member(value)

    def _member(self, value: str) -> Status:
        for member in self.enum_class:
            if member.value == value:
                return member
        raise ValueError(f"not a {self.enum_class.__name__}: {value!r}")


class Stateful(Protocol):
    status: Any
    status_at: Any


class Machine:
    """The moves of one kind of row: `{(from, to): EventClass}`, and the statuses a row may begin in."""

    def __init__(
        self,
        name: str,
        statuses: type[Status],
        begins: Mapping[Status, type[events.Event] | tuple[type[events.Event], ...]],
        edges: Mapping[tuple[Status, Status], type[events.Event] | tuple[type[events.Event], ...]],
    ) -> None:
        self.name, self.statuses, self.begins, self.edges = name, statuses, dict(begins), dict(edges)
        MACHINES[name] = self

    def begin(self, row: Stateful, status: Status, event: events.Event | None) -> None:
        """The first status of a new row. Raises ValueError when rows do not begin there."""
        if status not in self.begins or (event is not None and not isinstance(event, self.begins[status])):
            raise ValueError(f"a {self.name} does not begin as {status} with {type(event).__name__}")
        self._write(row, status, event)

    def may(self, row: Stateful, to: Status) -> bool:
        return (row.status, to) in self.edges

    def move(self, row: Stateful, to: Status, event: events.Event) -> None:
        """Moves `row` to `to` and records the event; raises NotAllowedNow for any move that is no edge."""
        expected = self.edges.get((row.status, to))
        if expected is None or not isinstance(event, expected):
            log.warning("refused move", extra={"machine": self.name, "from": row.status, "to": to})
            raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=row.status.label))
        self._write(row, to, event)

    def correct(self, row: Stateful, to: Status, event: events.Event) -> None:
        """The loud second door: the provider's truth wins over ours, whatever the edges say."""
        log.error("corrected by outside truth", extra={"machine": self.name, "from": row.status, "to": to})
        self._write(row, to, event)

    @staticmethod
    def _write(row: Stateful, to: Status, event: events.Event | None) -> None:
        row.status = to
        row.status_at = clock.now()
        if event is not None:
            events.record(event)


MACHINES: dict[str, Machine] = {}


def as_tables() -> dict[str, list[dict[str, str]]]:
    """Every machine as rows of from, to, event: what `portal states` prints."""
    tables: dict[str, list[dict[str, str]]] = {}
    for name, machine in sorted(MACHINES.items()):
        rows = [
            {"from": "", "to": s.value, "event": kind.name} for s, e in machine.begins.items() for kind in each(e)
        ]
        for (old, new), expected in machine.edges.items():
            rows += [{"from": old.value, "to": new.value, "event": kind.name} for kind in each(expected)]
        tables[name] = rows
    return tables


def each(expected: type[events.Event] | tuple[type[events.Event], ...]) -> tuple[type[events.Event], ...]:
    """One kind of event or several, as several."""
    return expected if isinstance(expected, tuple) else (expected,)
