"""After how many years nobody may be asked any more, by kind of customer; every version is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.core import db, events
from portal.creditors import versions
from portal.creditors.versions import Overtaken, Written
from portal.silence import limitation
from portal.silence.events import LimitationPolicyChanged
from portal.silence.models import LimitationPolicy

SEGMENTS = ("business", "consumer")  # the kinds of customers


@dataclass(frozen=True, slots=True)
class Version:
    number: int = 0
    years: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(SEGMENTS, limitation.ORDINARY))

    def of(self, kind: str) -> int:
        return self.years.get(kind, limitation.ORDINARY)


FIRST = Version()


def current() -> Version:
    """The version in force for the creditor in scope; number 0 where it never wrote one."""
    row = versions.newest(LimitationPolicy)
    return FIRST if row is None else Version(row.number, read(row.settings))


def read(settings: Mapping[str, Any] | None) -> Mapping[str, int]:
    """The years that a version keeps; the ordinary ones where there is none."""
    kept = (settings or {}).get("years", {})
    return {kind: int(kept.get(kind, limitation.ORDINARY)) for kind in SEGMENTS}


def write(years: Mapping[str, int], *, by: int | None, after: int) -> Version:
    """A new version after version `after`; the one in force where nothing differs from it. Raises Overtaken."""
    before = current()
    if dict(before.years) == dict(years):
        return before
    if before.number != after:
        raise Overtaken(before)
    row = versions.add(LimitationPolicy, before.number + 1, by, {"settings": {"years": dict(years)}})
    if row is None:
        raise Overtaken(current())
    events.record(LimitationPolicyChanged(limitation_policy_id=row.id, number=row.number))
    db.session().flush()
    return Version(row.number, read(row.settings))


def history() -> list[Written]:
    return versions.history(LimitationPolicy)
