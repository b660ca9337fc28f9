"""Which events an address hears of: `promise.broken` is one, `plan.*` all of a kind, nothing is everything. Pure."""

from collections.abc import Iterable

from portal.core.errors import Invalid
from portal.core.events import EVENTS
from portal.core.text import t

TEST = "webhook.test"  # is heard whatever was chosen: somebody asked for it


def groups() -> dict[str, list[str]]:
    """Every kind of public event with the names of its events: `plan` → `plan.accepted`, `plan.activated`, …"""
    found: dict[str, list[str]] = {}
    for name in sorted(name for name, kind in EVENTS.items() if kind.public):
        found.setdefault(name.partition(".")[0], []).append(name)
    return found


def read(wanted: Iterable[str]) -> tuple[str, ...]:
    """What was asked for, each once and in order; raises Invalid for what no event is called."""
    known = {f"{group}.*" for group in groups()} | {name for names in groups().values() for name in names}
    asked = sorted({one.strip() for one in wanted} - {""})
    for one in asked:
        if one not in known:
            raise Invalid(t("There is no event called “%(name)s”.", name=one[:60]))
    return tuple(asked)


def hears(kinds: str | None, name: str) -> bool:
    """Whether an address with these kinds is told of the event `name`."""
    if not kinds or name == TEST:
        return True
    return name in (wanted := kinds.split()) or f"{name.partition('.')[0]}.*" in wanted
