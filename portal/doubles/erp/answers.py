"""How the ERP answers: well, unless the next answers were prescribed: an error, a redirect, or none."""

import threading
from collections import deque
from dataclasses import dataclass

LONGEST_SILENCE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One prescribed answer. `status` None is silence until released; `keep` takes the event all the same."""

    status: int | None
    retry_after: str | None = None
    location: str | None = None
    keep: bool = False


class Answers:
    """The queue of prescribed answers; empty means every good delivery gets its 204."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: deque[Answer] = deque()
        self._released = threading.Event()

    def next_with(
        self,
        status: int,
        times: int = 1,
        *,
        retry_after: int | str | None = None,
        location: str | None = None,
        keep: bool = False,
    ) -> None:
        """The next `times` deliveries get `status`, with `Retry-After` and `Location` when given.

        With `keep` the event is taken in before the answer: what the sender sees as failed has happened.
        """
        after = None if retry_after is None else str(retry_after)
        with self._lock:
            self._next.extend([Answer(status, after, location, keep)] * times)

    def next_with_silence(self, times: int = 1, *, keep: bool = False) -> None:
        """The next `times` deliveries get no answer until `release` (or a minute has passed)."""
        with self._lock:
            self._released.clear()
            self._next.extend([Answer(None, keep=keep)] * times)

    def release(self) -> None:
        """Those who wait for an answer get a 503 now."""
        self._released.set()

    def clear(self) -> None:
        """All is well again from the next delivery on."""
        with self._lock:
            self._next.clear()
        self.release()

    @property
    def prescribed(self) -> list[Answer]:
        with self._lock:
            return list(self._next)

    def take(self) -> Answer | None:
        """The answer that was prescribed for the delivery at hand, None when it is to be answered well."""
        with self._lock:
            return self._next.popleft() if self._next else None

    def be_silent(self) -> None:
        """Returns when silence is over."""
        self._released.wait(LONGEST_SILENCE)
