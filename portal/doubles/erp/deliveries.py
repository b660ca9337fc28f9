"""What the ERP was sent: verified events, each once however often it came, and apart what it refused."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.core import clock
from portal.core.clock import iso

_KEPT_REFUSALS = 200


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event whose signature was right. `deliveries` counts how often it came, all with one webhook-id."""

    id: str
    sent_at: datetime
    received_at: datetime
    body: str
    deliveries: int = 1
    other_bodies: int = 0  # how often the same id came with another body: the sender's mistake

    @property
    def payload(self) -> dict[str, Any]:
        """The body as JSON; an empty mapping when it is something else."""
        try:
            payload = json.loads(self.body)
        except ValueError:
            return {}
        return payload if isinstance(payload, dict) else {}

    @property
    def pretty(self) -> str:
        """The body for reading: indented JSON, or as it came."""
        return json.dumps(self.payload, indent=2, ensure_ascii=False) if self.payload else self.body

    @property
    def type(self) -> str:
        return str(self.payload.get("type", "unknown"))

    @property
    def data(self) -> dict[str, Any]:
        data = self.payload.get("data", {})
        return data if isinstance(data, dict) else {"data": data}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that was not believed, with the reason; its body is shown but never used."""

    id: str
    received_at: datetime
    reason: str
    body: str


class Deliveries:
    """Keeps both; safe to use from several threads. With `path`, events are also lines of JSON there."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._events: dict[str, ReceivedEvent] = {}
        self._refusals: list[Refusal] = []
        self._changed = threading.Condition()
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                event = _read(line)
                self._events[event.id] = event  # a later line for an id is what is known of it now

    def take(self, event_id: str, sent_at: datetime, body: str) -> ReceivedEvent:
        """Notes a verified delivery: a new event, or one more delivery of a known one."""
        with self._changed:
            known = self._events.get(event_id)
            if known is None:
                event = ReceivedEvent(event_id, sent_at, clock.now(), body)
            else:
                event = replace(
                    known,
                    deliveries=known.deliveries + 1,
                    other_bodies=known.other_bodies + (body != known.body),
                )
            self._events[event_id] = event
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as lines:
                    lines.write(_written(event) + "\n")
            self._changed.notify_all()
            return event

    def refuse(self, event_id: str, reason: str, body: str) -> None:
        """Notes a delivery that was not believed; only the newest two hundred are kept."""
        with self._changed:
            self._refusals.append(Refusal(event_id, clock.now(), reason, body))
            del self._refusals[:-_KEPT_REFUSALS]
            self._changed.notify_all()

    def events(self) -> list[ReceivedEvent]:
        """Oldest first, by first arrival."""
        with self._changed:
            return list(self._events.values())

    def refusals(self) -> list[Refusal]:
        with self._changed:
            return list(self._refusals)

    def wait_for(
        self, wanted: Callable[[ReceivedEvent], bool], count: int, timeout: float
    ) -> list[ReceivedEvent] | None:
        """The `wanted` events as soon as there are `count`; None when `timeout` seconds passed before."""

        def found() -> list[ReceivedEvent]:
            return [event for event in self._events.values() if wanted(event)]

        with self._changed:
            enough = self._changed.wait_for(lambda: len(found()) >= count, timeout)
            return found() if enough else None


def as_json(event: ReceivedEvent) -> dict[str, Any]:
    """An event for programs, its body as `payload`."""
    return {
        "id": event.id,
        "type": event.type,
        "sent_at": iso(event.sent_at),
        "received_at": iso(event.received_at),
        "deliveries": event.deliveries,
        "other_bodies": event.other_bodies,
        "payload": event.payload,
    }


def _written(event: ReceivedEvent) -> str:
    return json.dumps(asdict(event), default=datetime.isoformat, ensure_ascii=False)


def _read(line: str) -> ReceivedEvent:
    fields = json.loads(line)
    for name in ("sent_at", "received_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    return ReceivedEvent(**fields)
