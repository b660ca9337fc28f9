"""A creditor's cadence for businesses and for consumers; every version is kept, and each touch cites its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from portal.creditors.versions import Series
from portal.reminders.events import CadenceChanged
from portal.reminders.levels import CARING, CODES, STANDARD, Level, Medium
from portal.reminders.models import CadencePolicy

BUSINESS, CONSUMER = "business", "consumer"
SEGMENTS = (BUSINESS, CONSUMER)
MOST_PER_WEEK = 3  # per person in seven days (rule C-10)


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a level is used, and how many days from the due date."""

    on: bool
    days: int


@dataclass(frozen=True, slots=True)
class Version:
    """A whole cadence and its number. `first_by`: a consumer's first reminder, letter or call (rule C-11).

    `early_days`: so long before its due date the first courtesy message of what will probably be late comes; 0: as
    for all else.
    """

    number: int = 0
    rules: Mapping[str, Mapping[str, Rule]] = field(
        default_factory=lambda: {who: {one.code: Rule(True, one.days) for one in STANDARD} for who in SEGMENTS}
    )
    first_by: Medium = Medium.LETTER
    per_week: int = MOST_PER_WEEK
    saturdays: bool = False
    early_days: int = 0

    def levels(self, segment: str, *, early: bool = False) -> tuple[Level, ...]:
        """What is said to customers of that kind, by day; `early`: of what will probably be late."""
        rules = self.rules[segment]
        used = [replace(one, days=rules[one.code].days) for one in STANDARD if rules[one.code].on]
        if early and self.early_days:
            used = [replace(one, days=min(one.days, -self.early_days)) if one.code == CARING else one for one in used]
        return tuple(sorted(used, key=lambda one: (one.days, CODES.index(one.code))))


FIRST = Version()


def _holds(one: Version) -> dict[str, Any]:
    rules = {who: {code: asdict(rule) for code, rule in rules.items()} for who, rules in one.rules.items()}
    found = {"rules": rules, "first_by": one.first_by.value, "per_week": one.per_week, "saturdays": one.saturdays}
    return {"settings": {**found, "early_days": one.early_days}}


def _read(row: CadencePolicy) -> Version:
    """What a later version of the portal has added is off in versions of before."""
    kept = row.settings
    rules = {
        who: {one.code: Rule(**kept["rules"][who].get(one.code, {"on": False, "days": one.days})) for one in STANDARD}
        for who in SEGMENTS
    }
    early = kept.get("early_days", 0)
    return Version(row.number, rules, Medium(kept["first_by"]), kept["per_week"], kept["saturdays"], early)


def _told(row_id: int, number: int) -> CadenceChanged:
    return CadenceChanged(cadence_policy_id=row_id, number=number)


_series = Series(CadencePolicy, FIRST, _read, _holds, _told)
current, version, write, history = _series.current, _series.version, _series.write, _series.history
