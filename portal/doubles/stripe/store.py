"""What the double remembers: plain JSON documents, kept apart by account and by live or test mode.

Beside each document stand its *notes*: facts that Stripe would know and not show (how a test card behaves,
when a bank debit settles). Everything here is JSON, so a snapshot is one dump.
"""

import random
import string
import threading
from typing import Any, NamedTuple

from portal.doubles.stripe.refusals import missing

Doc = dict[str, Any]

_LETTERS = string.ascii_letters + string.digits


class World(NamedTuple):
    """Where an object lives: nobody sees across accounts, nor from test mode into live mode."""

    account: str
    livemode: bool


class Store:
    """All documents by id, in order of creation. Hold `lock` around every write."""

    def __init__(self, randomness: random.Random) -> None:
        self.lock = threading.RLock()
        self._randomness = randomness
        self._docs: dict[str, Doc] = {}
        self._worlds: dict[str, World] = {}
        self._notes: dict[str, Doc] = {}
        self._kinds: dict[str, list[str]] = {}

    def new_id(self, prefix: str, length: int = 24) -> str:
        """A fresh id such as `pi_3…`; the same seed gives the same ids."""
        with self.lock:
            return prefix + "".join(self._randomness.choices(_LETTERS, k=length))

    def add(self, world: World, doc: Doc, notes: Doc | None = None) -> Doc:
        """Keeps `doc` (its `id` and `object` name it) and returns that very dict, to change in place."""
        with self.lock:
            self._docs[doc["id"]] = doc
            self._worlds[doc["id"]] = world
            self._notes[doc["id"]] = notes or {}
            self._kinds.setdefault(doc["object"], []).append(doc["id"])
            return doc

    def get(self, world: World, kind: str, object_id: str, *, param: str = "id", status: int = 404) -> Doc:
        """The document of that kind and id in `world`; raises the refusal `resource_missing`."""
        doc = self._docs.get(object_id)
        home = self._worlds.get(object_id)
        if doc is None or doc["object"] != kind or home is None or home.account != world.account:
            raise missing(kind, object_id, param=param, status=status)
        if home.livemode != world.livemode:
            there, here = ("live", "test") if home.livemode else ("test", "live")
            hint = f"; a similar object exists in {there} mode, but a {here} mode key was used to make this"
            hint += " request."
            raise missing(kind, object_id, param=param, status=status, hint=hint)
        return doc

    def find(self, object_id: str) -> Doc | None:
        """The document wherever it lives: for hosted pages and the bank's doings, never for the API."""
        return self._docs.get(object_id)

    def fetch(self, object_id: str) -> Doc:
        """The document wherever it lives; KeyError when there is none."""
        return self._docs[object_id]

    def world_of(self, object_id: str) -> World:
        return self._worlds[object_id]

    def notes(self, object_id: str) -> Doc:
        return self._notes[object_id]

    def all(self, kind: str, world: World | None = None) -> list[Doc]:
        """Every document of a kind, newest first, of one world or of all."""
        with self.lock:
            ids = reversed(self._kinds.get(kind, []))
            return [self._docs[i] for i in ids if world is None or self._worlds[i] == world]

    def remove(self, object_id: str) -> None:
        with self.lock:
            doc = self._docs.pop(object_id)
            self._kinds[doc["object"]].remove(object_id)
            del self._worlds[object_id], self._notes[object_id]

    def dump(self) -> list[list[Any]]:
        """Rows of document, account, livemode, notes: what `load` reads."""
        return [[self._docs[i], *self._worlds[i], self._notes[i]] for i in self._docs]

    def load(self, rows: list[list[Any]]) -> None:
        for doc, account, livemode, notes in rows:
            self.add(World(account, livemode), doc, notes)
