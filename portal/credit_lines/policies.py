"""How a creditor has lines suggested and alerts raised; every version is kept, and a suggestion cites its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from portal.credit_lines import kinds
from portal.credit_lines.events import CreditPolicyChanged
from portal.credit_lines.models import CreditPolicy
from portal.credit_lines.rules import Weights
from portal.creditors.versions import Series


@dataclass(frozen=True, slots=True)
class Tell:
    """Whether alerts of a kind are raised, whom they are for (a role's word, or a person's id), and whether by mail.

    Every alert stands on the page of alerts; a mail says only how many there are, never about whom.
    """

    on: bool = True
    to: str = "manager"
    mail: bool = True


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when on something is a cause. Days and items are counts, amounts minor units."""

    late_days: int = 7  # an item later than that
    repeated_items: int = 3  # so many items late …
    repeated_days: int = 90  # … whose days fell within so many
    idle_days: int = 30  # nothing has happened for so long about an item that is late
    stale_days: int = 180  # the newest rating is older …
    stale_from_minor: int = 5_000_000  # … and more than this is open


@dataclass(frozen=True, slots=True)
class Version:
    """A whole policy and its number."""

    number: int = 0
    weights: Weights = field(default_factory=Weights)
    bounds: Bounds = field(default_factory=Bounds)
    tell: Mapping[str, Tell] = field(default_factory=lambda: {kind: Tell() for kind in kinds.KINDS})


FIRST = Version()


def _holds(one: Version) -> dict[str, Any]:
    tell = {kind: asdict(rule) for kind, rule in one.tell.items()}
    return {"settings": {"weights": asdict(one.weights), "bounds": asdict(one.bounds), "tell": tell}}


def _read(row: CreditPolicy) -> Version:
    """What a later version of the portal has added has its first value in versions of before."""
    kept = row.settings
    tell = {kind: Tell(**_known(Tell, kept["tell"].get(kind, {}))) for kind in kinds.KINDS}
    weights, bounds = Weights(**_known(Weights, kept["weights"])), Bounds(**_known(Bounds, kept["bounds"]))
    return Version(row.number, weights, bounds, tell)


def _known(kind: type[Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in kept.items() if name in names}


def _told(row_id: int, number: int) -> CreditPolicyChanged:
    return CreditPolicyChanged(credit_policy_id=row_id, number=number)


_series = Series(CreditPolicy, FIRST, _read, _holds, _told)
current, version, write, history = _series.current, _series.version, _series.write, _series.history
