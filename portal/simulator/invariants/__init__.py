"""What must always hold, asked after every step, and what must hold in the end: one function and one sentence each.

A function gets the world and yields what it found wrong; its docstring is the sentence.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from portal.simulator.world import World

Check = Callable[[World], Iterable[str]]

ALWAYS, CALM, EVENTUALLY = "always", "calm", "eventually"


@dataclass(frozen=True, slots=True)
class Invariant:
    """`when`: after every step; once all that waits has been worked off; or after four days without trouble."""

    name: str
    when: str
    check: Check

    @property
    def sentence(self) -> str:
        return (self.check.__doc__ or "").strip()


@dataclass(frozen=True, slots=True)
class Violation:
    step: int
    invariant: str
    what: str


_INVARIANTS: dict[str, Invariant] = {}


def invariant(when: str = ALWAYS) -> Callable[[Check], Check]:
    """Puts a check on the list."""

    def declare(check: Check) -> Check:
        if not check.__doc__:
            raise ValueError(f"{check.__name__} does not say what must hold")
        _INVARIANTS[check.__name__] = Invariant(check.__name__, when, check)
        return check

    return declare


@lru_cache(maxsize=1)
def all_invariants() -> tuple[Invariant, ...]:
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")
    return tuple(_INVARIANTS[name] for name in sorted(_INVARIANTS))


def broken(world: World, *whens: str) -> Iterator[Violation]:
    """What does not hold now, of the invariants that are asked at these moments."""
    for one in all_invariants():
        if one.when in whens:
            for what in one.check(world):
                yield Violation(world.step, one.name, what)
