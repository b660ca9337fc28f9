"""After how many years nobody may be asked any more, by kind of customer; every version is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.creditors.versions import Series
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


def read(settings: Mapping[str, Any] | None) -> Mapping[str, int]:
    """The years that a version keeps; the ordinary ones where there is none."""
    kept = (settings or {}).get("years", {})
    return {kind: int(kept.get(kind, limitation.ORDINARY)) for kind in SEGMENTS}


def _read(row: LimitationPolicy) -> Version:
    return Version(row.number, read(row.settings))


def _holds(one: Version) -> dict[str, Any]:
    return {"settings": {"years": dict(one.years)}}


def _told(row_id: int, number: int) -> LimitationPolicyChanged:
    return LimitationPolicyChanged(limitation_policy_id=row_id, number=number)


_series = Series(LimitationPolicy, FIRST, _read, _holds, _told)
current, write, history = _series.current, _series.write, _series.history
