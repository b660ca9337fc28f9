"""What can happen in a step: one function per act, with a weight; importing its file puts it on the list.

To add an act, write in a file of this folder:

    @act(weight=4, when=lambda world: bool(world.shown_pages))     # without `when` it may always happen
    def somebody_pays(world: World) -> str:
        ...                      # a few words for the trace: what was done, what came of it
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from portal.simulator.world import Act, World


@dataclass(frozen=True, slots=True)
class Kind:
    """One act: how often it happens beside the others, and when it can."""

    name: str
    weight: float
    run: Act
    when: Callable[[World], bool]


_KINDS: dict[str, Kind] = {}


def act(weight: float, when: Callable[[World], bool] = lambda _world: True) -> Callable[[Act], Act]:
    """Puts an act on the list; it says in a few words what it did."""

    def declare(run: Act) -> Act:
        name = run.__name__
        if name in _KINDS and _KINDS[name].run.__module__ != run.__module__:
            raise ValueError(f"two acts are called {name}")
        _KINDS[name] = Kind(name, weight, run, when)
        return run

    return declare


@lru_cache(maxsize=1)
def all_acts() -> tuple[Kind, ...]:
    """Every act of this folder, in the order of their names."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")
    return tuple(_KINDS[name] for name in sorted(_KINDS))


def draw_favours(world: World) -> None:
    """In every world other things happen often: who does one thing much finds what an even mixture does not."""
    for kind in all_acts():
        drawn = world.chance.choice((0.25, 1.0, 1.0, 4.0))
        world.favours.setdefault(kind.name, drawn)


def chosen(world: World) -> Kind:
    """What happens next: by weight, of what can. Whether something can is asked only of what was drawn."""
    left = list(all_acts())
    while True:
        kind = world.chance.choices(left, [one.weight * world.favours[one.name] for one in left])[0]
        if kind.when(world):
            return kind
        left.remove(kind)
