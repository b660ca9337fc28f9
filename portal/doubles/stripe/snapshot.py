"""Keeps the double's memory in one JSON file, so that a demo's second start finds its payments again."""

import json
from pathlib import Path
from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.idempotency import Keys
from portal.doubles.stripe.webhooks import Webhooks

_VERSION = 1


class Snapshot:
    """Reads and writes `path`; a file of another version of this format is left aside as unreadable."""

    def __init__(self, path: Path, backend: Backend, keys: Keys, webhooks: Webhooks) -> None:
        self._path = path
        self._backend = backend
        self._keys = keys
        self._webhooks = webhooks
        self._written = ""

    def load(self) -> int | None:
        """Fills the memory from the file; the port it was kept with, or None where there is no file."""
        if not self._path.exists():
            return None
        kept: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        if kept["version"] != _VERSION:
            return None
        self._backend.store.load(kept["objects"])
        self._keys.load(kept["idempotency"])
        self._webhooks.load(kept["deliveries"])
        return int(kept["port"])

    def save(self, port: int) -> None:
        """Writes the file whole or not at all, and only where something changed."""
        with self._backend.store.lock:
            text = json.dumps(
                {
                    "version": _VERSION,
                    "port": port,
                    "objects": self._backend.store.dump(),
                    "idempotency": self._keys.dump(),
                    "deliveries": self._webhooks.dump(),
                }
            )
        if text == self._written:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)
        self._written = text
