"""What line is suggested, part by part and in words; without a database, a clock or a page.

So much of a year's turnover as a customer deserves by what is known of them: each thing that is known is a factor
from nought to one, their weighted mean is the quality, and the line is turnover × percent × quality, rounded down
to whole steps and never above the cap. What is not known has no say. Decimals and integers only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from portal.core.text import Text, t

SET, SUGGESTED, OVERRIDE, REMOVED = "set", "suggested", "override", "removed"
HOW: dict[str, Text] = {
    SET: t("set by a person"),
    SUGGESTED: t("as suggested"),
    OVERRIDE: t("otherwise than suggested"),
    REMOVED: t("taken away"),
}
HOLD, GUARANTEE, NOTHING = "hold", "guarantee", "nothing"
DECISIONS: dict[str, tuple[Text, Text]] = {
    HOLD: (
        t("Hold deliveries"),
        t("They wait until an amount is paid. The customer reads it, your systems hear it."),
    ),
    GUARANTEE: (t("Ask for a guarantee"), t("It is written down here. Asking the customer is up to you.")),
    NOTHING: (t("Do nothing now"), t("You looked at it, and it is fine as it is.")),
}
ON_TIME, DAYS, SCORE = "on_time", "days_late", "score"
NAMES: dict[str, Text] = {
    ON_TIME: t("Paid on time"),
    DAYS: t("Days late, on average"),
    SCORE: t("Objective data, of 100"),
}
LEAST_ITEMS = 3  # with fewer due items behind them, how they pay is not known


@dataclass(frozen=True, slots=True)
class Weights:
    """What a manager sets. Shares and weights in whole per cent, days in days, amounts in minor units."""

    turnover_percent: int = 15  # of a year's turnover, for the best
    full_on_time: int = 95  # from this share on, on-time payment counts in full
    no_on_time: int = 50  # at or below it counts nothing
    free_days: int = 7  # a mean of so many days late still counts in full
    most_days: int = 60  # from here on it counts nothing
    full_score: int = 60
    no_score: int = 20
    weight_on_time: int = 50
    weight_days: int = 20
    weight_score: int = 30
    most_minor: int = 10_000_000  # no line above it is suggested
    step_minor: int = 10_000  # rounded down to whole steps


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a customer; None is not known. `on_time` from nought to one."""

    turnover_minor: int
    on_time: Decimal | None = None
    days_late: Decimal | None = None
    score: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "turnover_minor": self.turnover_minor,
            "on_time": None if self.on_time is None else str(self.on_time),
            "days_late": None if self.days_late is None else str(self.days_late),
            "score": self.score,
        }

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Facts":
        on_time, days = kept["on_time"], kept["days_late"]
        return cls(
            kept["turnover_minor"],
            None if on_time is None else Decimal(on_time),
            None if days is None else Decimal(days),
            kept["score"],
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is known: its value, how far it counts (nought to one), and its weight."""

    name: str
    value: Decimal
    factor: Fraction
    weight: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line with what it is made of; `minor` is None where too little is known."""

    facts: Facts
    base_minor: int  # so much of the turnover
    parts: tuple[Part, ...]
    quality: Fraction | None
    exact_minor: int | None  # before the cap and the steps
    minor: int | None


def suggest(facts: Facts, weights: Weights) -> Suggestion:
    """The line for these facts. More punctuality never makes it smaller; it lies between nought and the cap."""
    base = max(0, facts.turnover_minor) * weights.turnover_percent // 100
    parts = _parts(facts, weights)
    heavy = sum(part.weight for part in parts)
    if not heavy:
        return Suggestion(facts, base, parts, None, None, None)
    quality = sum((part.factor * part.weight for part in parts), Fraction(0)) / heavy
    exact = int(base * quality)
    capped = min(exact, weights.most_minor)
    return Suggestion(facts, base, parts, quality, exact, capped - capped % weights.step_minor)


def _parts(facts: Facts, weights: Weights) -> tuple[Part, ...]:
    found = []
    if facts.on_time is not None:
        share = Fraction(facts.on_time) * 100
        found.append(Part(ON_TIME, facts.on_time, _rise(share, weights.no_on_time, weights.full_on_time),
                          weights.weight_on_time))  # fmt: skip
    if facts.days_late is not None:
        late = _rise(Fraction(facts.days_late), weights.free_days, weights.most_days)
        found.append(Part(DAYS, facts.days_late, 1 - late, weights.weight_days))
    if facts.score is not None:
        factor = _rise(Fraction(facts.score), weights.no_score, weights.full_score)
        found.append(Part(SCORE, Decimal(facts.score), factor, weights.weight_score))
    return tuple(part for part in found if part.weight)


def _rise(value: Fraction, low: int, high: int) -> Fraction:
    """Nought up to `low`, one from `high` on, a straight line between."""
    if value >= high:
        return Fraction(1)
    if value <= low:
        return Fraction(0)
    return (value - low) / (high - low)


def percent(share: Fraction | Decimal) -> str:
    """Per cent with at most one digit after the point."""
    found = Decimal(int(Fraction(share) * 1000)) / 10
    return f"{found.normalize():f}"


def why(found: Suggestion, weights: Weights, money: Callable[[int], str]) -> list[Text]:
    """The suggestion in sentences, one for each of its parts; `money` writes minor units for the reader."""
    said = [
        t("Turnover of twelve months: %(turnover)s. %(percent)s %% of it: %(base)s.",
          turnover=money(found.facts.turnover_minor), percent=weights.turnover_percent, base=money(found.base_minor))
    ]  # fmt: skip
    said += [
        t("%(what)s: %(value)s. It counts %(factor)s %%, with weight %(weight)s.",
          what=NAMES[part.name], value=_value(part), factor=percent(part.factor), weight=part.weight)
        for part in found.parts
    ]  # fmt: skip
    if found.quality is None or found.exact_minor is None:
        return [*said, t("How they pay is not known yet, and no data has come in: nothing is suggested.")]
    said.append(t("Together that is %(quality)s %%: %(exact)s.", quality=percent(found.quality),
                  exact=money(found.exact_minor)))  # fmt: skip
    if found.exact_minor > weights.most_minor:
        said.append(t("No more than %(most)s is suggested.", most=money(weights.most_minor)))
    if found.minor != min(found.exact_minor, weights.most_minor):
        said.append(t("Rounded down to whole steps of %(step)s.", step=money(weights.step_minor)))
    return said


def _value(part: Part) -> str:
    return f"{percent(part.value)} %" if part.name == ON_TIME else f"{part.value.normalize():f}"
