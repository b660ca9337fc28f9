"""Answers that may be seconds old, kept in this process: for what every page asks and what hardly ever changes."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Asks again once an answer is older than `seconds`; another process hears of a change by then."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[K, tuple[float, V]] = {}

    def answer(self, key: K, ask: Callable[[], V]) -> V:
        known, now = self._known.get(key), time.monotonic()
        if known is None or now - known[0] > self._seconds:
            known = self._known[key] = (now, ask())
        return known[1]

    def forget(self) -> None:
        self._known.clear()
