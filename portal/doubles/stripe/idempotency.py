"""Idempotency keys: the first answer is kept for a day and given again, stored 500s included (rule B-04)."""

from dataclasses import asdict, dataclass
from typing import Any

from portal.doubles.stripe.backend import Clock
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import World

_KEPT_SECONDS = 24 * 3600
_LONGEST = 255


@dataclass(slots=True)
class Stored:
    """One use of a key. `status` is None while the first request is still running."""

    path: str
    fingerprint: str
    created: int
    request_id: str
    status: int | None = None
    body: str = ""


class Keys:
    """Keys by account and mode. Not thread-safe by itself: call it under the store's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stored: dict[tuple[World, str], Stored] = {}

    def begin(self, world: World, key: str, path: str, fingerprint: str, request_id: str) -> Stored | None:
        """The earlier answer to give again, or None: the request is new and the key now in flight.

        Refuses 400 `idempotency_error` for other parameters or another endpoint, 409
        `idempotency_key_in_use` while the first request runs.
        """
        self.prune()
        if len(key) > _LONGEST:
            raise Refusal(
                f"Idempotency-Key must be at most {_LONGEST} characters.",
                kind="idempotency_error",
                kept=False,
            )
        stored = self._stored.get((world, key))
        if stored is None:
            self._stored[world, key] = Stored(path, fingerprint, self._clock.seconds(), request_id)
            return None
        if stored.path != path:
            raise self._misused(
                "Keys for idempotent requests can only be used for the same endpoint they were first used "
                f"for ('{path}' vs '{stored.path}').",
                key,
            )
        if stored.fingerprint != fingerprint:
            raise self._misused(
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                key,
            )
        if stored.status is None:
            raise Refusal(
                "There is currently another in-progress request using this Idempotent Key (that probably "
                f"means you submitted twice, and the other request is still going through): {key}. Please "
                "try again later.",
                status=409,
                code="idempotency_key_in_use",
                kept=False,
            )
        return stored

    @staticmethod
    def _misused(why: str, key: str) -> Refusal:
        hint = f" Try using a key other than '{key}' if you meant to execute a different request."
        return Refusal(why + hint, kind="idempotency_error", kept=False)

    def finish(self, world: World, key: str, status: int, body: str) -> None:
        """Keeps the answer, whatever it was."""
        stored = self._stored.get((world, key))
        if stored is not None:
            stored.status, stored.body = status, body

    def forget(self, world: World, key: str) -> None:
        """The request never began to execute: its key is free again."""
        self._stored.pop((world, key), None)

    def prune(self) -> None:
        """Drops keys a day old, by the double's own clock."""
        oldest = self._clock.seconds() - _KEPT_SECONDS
        self._stored = {key: stored for key, stored in self._stored.items() if stored.created > oldest}

    def dump(self) -> list[list[Any]]:
        finished = [(k, s) for k, s in self._stored.items() if s.status is not None]
        return [[world.account, world.livemode, key, asdict(stored)] for (world, key), stored in finished]

    def load(self, rows: list[list[Any]]) -> None:
        for account, livemode, key, stored in rows:
            self._stored[World(account, livemode), key] = Stored(**stored)
