"""The time of a simulation: the process's clock stands still, and only the simulator moves it.

`time.time` is what portal.core.clock, the ids, cookies, Stripe's signatures and the limits read; whoever sleeps
moves the clock and does not wait.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from standardwebhooks import webhooks as standardwebhooks

from portal.core import ids
from portal.simulator.swapping import swapped

_real_time = time.perf_counter  # never moved: how long a run really takes


class Clock:
    """What time it is in the simulation."""

    def __init__(self, at: datetime) -> None:
        self._began = self._at = at

    def now(self) -> datetime:
        return self._at

    def seconds(self) -> float:
        """Since 1970, as `time.time` says it."""
        return self._at.timestamp()

    def monotonic(self) -> float:
        return 1_000.0 + (self._at - self._began).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.move(timedelta(seconds=max(0.0, seconds)))

    def move(self, by: timedelta) -> None:
        self._at += by

    def move_to(self, at: datetime) -> None:
        """Only ever onward."""
        self._at = max(self._at, at)


def real_seconds() -> float:
    """Of the world outside, for measuring."""
    return _real_time()


class _Datetime(datetime):
    """For the one library here that asks `datetime` what time it is."""

    @classmethod
    def now(cls, tz=None):  # type: ignore[no-untyped-def]
        return datetime.fromtimestamp(time.time(), tz or UTC)


@contextmanager
def in_force(clock: Clock, seed: object) -> Iterator[None]:
    """Inside, this process lives by `clock`, and ids and chance come from `seed` alone."""
    chance, kept = random.Random(f"ids {seed}"), random.getstate()  # noqa: S311 - a seed must say the same again
    with ExitStack() as stack:
        stack.callback(random.setstate, kept)
        random.seed(f"other libraries {seed}")  # the boundaries of mails
        stack.enter_context(swapped(time, "time", clock.seconds))
        stack.enter_context(swapped(time, "monotonic", clock.monotonic))
        stack.enter_context(swapped(time, "sleep", clock.sleep))
        stack.enter_context(swapped(standardwebhooks, "datetime", _Datetime))
        stack.enter_context(swapped(ids, "secrets", SimpleNamespace(randbits=chance.getrandbits)))
        stack.enter_context(swapped(ids, "_last", 0))
        yield
