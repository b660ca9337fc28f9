"""What can go wrong between a client and Stripe, ordered from outside the real code: the next requests fail.

Every fault can strike *before* the request had its effect or *after* it (`effect=True`); only the second kind
tells whether the caller looks before it tries again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

_HANG_AT_MOST = 60.0  # seconds; a client's own timeout ends it long before


@dataclass(slots=True)
class Fault:
    """`kind` is `error`, `reset` or `hang`; `on` is a pattern over `METHOD path`."""

    kind: str
    times: int
    effect: bool
    on: str
    status: int = 500


@dataclass(slots=True)
class Held:
    """Requests held in the middle, their idempotency keys in flight."""

    on: str
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float = 30.0) -> None:
        """Blocks until one more request stands here; TimeoutError when none comes."""
        if not self.arrived.acquire(timeout=timeout):
            raise TimeoutError(f"no request came for {self.on}")


class Faults:
    """The faults in store. `on` is e.g. `"POST /v1/refunds"` or `"POST *"`, by default everything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []
        self._held: list[Held] = []
        self._ended = threading.Event()

    def fail(self, times: int = 1, *, status: int = 500, effect: bool = False, on: str = "*") -> None:
        """Answers `status`. Of these an idempotency key remembers 500, as at Stripe, not 429 or 503."""
        self._plan(Fault("error", times, effect, on, status))

    def reset(self, times: int = 1, *, effect: bool = False, on: str = "*") -> None:
        """Drops the connection without an answer."""
        self._plan(Fault("reset", times, effect, on))

    def hang(self, times: int = 1, *, effect: bool = False, on: str = "*") -> None:
        """Never answers: the client's own timeout ends it (in process: an immediate timeout)."""
        self._plan(Fault("hang", times, effect, on))

    def _plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def take(self, line: str) -> Fault | None:
        """The fault that strikes this request (`METHOD path`), used up by one."""
        with self._lock:
            for fault in self._planned:
                if fnmatchcase(line, fault.on):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._planned.remove(fault)
                    return fault
        return None

    @contextmanager
    def holding(self, on: str = "*") -> Iterator[Held]:
        """Inside, matching requests stop just before their effect; on leaving they go on."""
        held = Held(on)
        with self._lock:
            self._held.append(held)
        try:
            yield held
        finally:
            with self._lock:
                self._held.remove(held)
            held.go_on.set()

    def pass_by(self, line: str) -> None:
        """Called by every request in its middle: waits where one is held."""
        with self._lock:
            held = next((h for h in self._held if fnmatchcase(line, h.on)), None)
        if held is not None:
            held.arrived.release()
            held.go_on.wait(_HANG_AT_MOST)

    def hang_on(self) -> None:
        """Waits until the double stops, or a minute."""
        self._ended.wait(_HANG_AT_MOST)

    def end(self) -> None:
        """Lets every waiting request go: the double is stopping."""
        self._ended.set()
        with self._lock:
            for held in self._held:
                held.go_on.set()

    def begin(self) -> None:
        self._ended.clear()
