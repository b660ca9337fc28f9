"""What a creditor lets its customers agree by themselves, by segment; every version is kept and plans cite theirs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.versions import Series
from portal.plans.events import PlanPolicyChanged
from portal.plans.models import PlanPolicy
from portal.plans.schedules import EVERY, MONTH

BUSINESS, CONSUMER = "business", "consumer"
LARGE = "large"  # from an amount on another policy holds
SEGMENTS: dict[str, Text] = {
    BUSINESS: t("Companies"),
    f"{BUSINESS}_{LARGE}": t("Companies, large amounts"),
    CONSUMER: t("Private persons"),
    f"{CONSUMER}_{LARGE}": t("Private persons, large amounts"),
}
NEVER, MAY, MUST = "never", "may", "must"
ACKNOWLEDGEMENTS: dict[str, Text] = {
    NEVER: t("is not asked for"),
    MAY: t("may be given, as an act of its own"),
    MUST: t("belongs to a plan"),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """One segment's bounds. Days and instalments are counts, amounts minor units of the currency that is paid here,
    shares whole per cent. What lies outside a person looks at: the portal alone never refuses it (rule C-34)."""

    most_instalments: int = 6
    longest_days: int = 190  # from today to the last instalment
    least_minor: int = 5000  # the smallest instalment
    down_percent: int = 0  # the least down payment
    first_days: int = 30  # the first instalment within so many days
    every: tuple[str, ...] = (MONTH,)
    interest_percent: str = "0"  # a year, on what is left; companies only, or a licensed lender's (rule B-75)
    from_minor: int = 10000  # below this a plan is not offered: it is paid at once, or a day is named
    up_to_minor: int = 1000000  # above this a person decides; 0: no limit
    most_broken: int = 1  # with more plans that ended unkept within two years a person decides
    grace_days: int = 10  # after a missed instalment, before its notice (rule B-74)
    move_days: int = 14  # one instalment may be moved once by so many days; 0: none
    acknowledgement: str = MAY
    discount_percent: int = 0  # saldo e stralcio: the most that an agent may let go of; a manager may exceed it

    @property
    def interest(self) -> Decimal:
        return Decimal(self.interest_percent)


_CAREFUL: Mapping[str, Policy] = {
    BUSINESS: Policy(),
    f"{BUSINESS}_{LARGE}": Policy(most_instalments=10, longest_days=310, down_percent=20, least_minor=50000,
                                  up_to_minor=5000000),
    CONSUMER: Policy(most_instalments=12, longest_days=370, least_minor=2500, from_minor=5000, every=EVERY),
    f"{CONSUMER}_{LARGE}": Policy(most_instalments=24, longest_days=740, least_minor=5000, every=EVERY),
}  # fmt: skip
_LARGE_FROM = {BUSINESS: 1000000, CONSUMER: 300000}


@dataclass(frozen=True, slots=True)
class Version:
    """A whole policy: its number, and by segment its bounds. `large_from` in minor units, by kind of customer."""

    number: int
    segments: Mapping[str, Policy]
    large_from: Mapping[str, int]
    licensed_lender: bool = False

    def segment(self, debtor_kind: str, debt: Money) -> str:
        """Which segment a debt of such a customer belongs to."""
        return f"{debtor_kind}_{LARGE}" if debt.minor >= self.large_from[debtor_kind] else debtor_kind

    def interest_of(self, segment: str) -> Decimal:
        """Per cent a year; nothing for a consumer, whatever is written, unless a licensed lender asks (rule B-75)."""
        if segment.startswith(CONSUMER) and not self.licensed_lender:
            return Decimal(0)
        return self.segments[segment].interest


FIRST = Version(0, _CAREFUL, _LARGE_FROM)


def _holds(one: Version) -> dict[str, Any]:
    bounds = {name: {**asdict(policy), "every": list(policy.every)} for name, policy in one.segments.items()}
    large_from = dict(one.large_from)
    return {"segments": {"segments": bounds, "large_from": large_from, "licensed_lender": one.licensed_lender}}


_NAMES = {field.name for field in fields(Policy)}


def _read(row: PlanPolicy) -> Version:
    """What a later version of the portal has added has its careful value in versions of before."""
    kept = row.segments
    segments = {}
    for name in SEGMENTS:
        known = {key: value for key, value in kept["segments"].get(name, {}).items() if key in _NAMES}
        if "every" in known:
            known["every"] = tuple(known["every"])
        segments[name] = Policy(**known)
    return Version(row.number, segments, kept["large_from"], kept["licensed_lender"])


def _told(row_id: int, number: int) -> PlanPolicyChanged:
    return PlanPolicyChanged(plan_policy_id=row_id, number=number)


_series = Series(PlanPolicy, FIRST, _read, _holds, _told)
current, version, write, history = _series.current, _series.version, _series.write, _series.history
