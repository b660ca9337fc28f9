"""The process dies: just before a commit, just after one, or when a call outside has had its effect. Then it is
started again."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.core import db
from portal.simulator.swapping import swapped


class Died(BaseException):
    """The process is gone: nothing that catches errors sees this."""


class Crashes:
    """Counts commits, and dies at the one that was chosen."""

    def __init__(self) -> None:
        self.commits = 0
        self.deaths: dict[str, int] = {}
        self._at: int | None = None
        self._after = self._at_call = False

    def plan(self, at: int, *, after: bool) -> None:
        """The `at`th commit from now on is the last thing that happens: it is not made, or made and not answered."""
        self._at, self._after = self.commits + at, after

    def plan_at_call(self) -> None:
        """The next call outside has its effect, and nobody is there any more to hear of it."""
        self._at_call = True

    def calm(self) -> None:
        self._at, self._at_call = None, False

    def call_made(self) -> None:
        """Told by the wires, once what was sent has had its effect."""
        if self._at_call:
            self._die("crash_after_call")

    def _die(self, when: str) -> None:
        self.calm()
        self.deaths[when] = self.deaths.get(when, 0) + 1
        raise Died(when)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, every commit of the product passes here; a network call's answer is kept by the one after it."""
        original = db.Unit.commit

        def commit(unit: db.Unit) -> None:
            self.commits += 1
            chosen = self.commits == self._at
            if chosen and not self._after:
                self._die("crash_before_commit")
            original(unit)
            if chosen:
                self._die("crash_after_commit")

        with swapped(db.Unit, "commit", commit):
            yield
