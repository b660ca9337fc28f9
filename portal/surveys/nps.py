"""What answers say, with how sure one may be (rules E-01, E-03). Plain numbers in, plain numbers out.

NPS = % who said 9–10 − % who said 0–6. Its interval is the adjusted Wald one (three answers more, three quarters of
one on either end): of the simple ones it holds best where answers are few (Rocks 2016).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SURE = 1.96  # two-sided, 95 %
LEAST_SHOWN = 30  # below that many answers no score is shown
LEAST_IN_PART = 10  # below that many no part of a breakdown is, so that nobody can be made out
PROMOTER, PASSIVE = 9, 7
HIGHEST = 10


@dataclass(frozen=True, slots=True)
class Tally:
    """How many answered what, and how many were asked (those who answered are among them)."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        if min(self.promoters, self.passives, self.detractors, self.asked) < 0:
            raise ValueError("counts are never below nought")

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.promoters + other.promoters, self.passives + other.passives, self.detractors + other.detractors,
            self.asked + other.asked,
        )  # fmt: skip

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def response_rate(self) -> float | None:
        """Percent of those who were asked; None where nobody was."""
        return 100 * self.n / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Nps:
    """A score with its standard error and interval, all in points from −100 to 100, unrounded."""

    n: int
    nps: float
    standard_error: float
    low: float
    high: float


def kind_of(score: int) -> str:
    """promoters, passives or detractors. Raises ValueError outside 0–10."""
    if not 0 <= score <= HIGHEST:
        raise ValueError(score)
    return "promoters" if score >= PROMOTER else "passives" if score >= PASSIVE else "detractors"


def score(tally: Tally) -> Nps:
    """Raises ValueError where nobody has answered."""
    if not tally.n:
        raise ValueError("no answers")
    nps, error = _wald(tally.promoters, tally.detractors, tally.n)
    middle, wide = _wald(tally.promoters + 0.75, tally.detractors + 0.75, tally.n + 3)
    return Nps(tally.n, nps, error, max(-100.0, middle - SURE * wide), min(100.0, middle + SURE * wide))


def _wald(promoters: float, detractors: float, n: float) -> tuple[float, float]:
    up, down = promoters / n, detractors / n
    variance = up + down - (up - down) ** 2
    return 100 * (up - down), 100 * math.sqrt(max(0.0, variance) / n)


@dataclass(frozen=True, slots=True)
class Difference:
    """From one wave to the next: in points, its standard error, and how many of those it is."""

    delta: float
    standard_error: float
    z: float

    @property
    def significant(self) -> bool:
        return abs(self.z) >= SURE


def compare(before: Tally, after: Tally) -> Difference:
    """Raises ValueError where either has no answers. Where all say the same in each, they differ for sure or not."""
    first, second = score(before), score(after)
    delta = second.nps - first.nps
    error = math.hypot(first.standard_error, second.standard_error)
    if not error:
        return Difference(delta, 0.0, math.copysign(math.inf, delta) if delta else 0.0)
    return Difference(delta, error, delta / error)


def answers_for(margin: float, variance: float = 1.0) -> int:
    """How many answers give a score to within ± `margin` points; `variance` 1 is the worst, 0.6 a usual one."""
    return math.ceil(variance * (100 * SURE / margin) ** 2)


def csat(answers: Sequence[int]) -> float | None:
    """Percent who said 4 or 5 of 1–5 (the top two boxes); None without answers."""
    return csat_of(Counter(answers))


def csat_of(counts: Mapping[int, int]) -> float | None:
    """The same, from how often each mark was given."""
    n = sum(counts.values())
    return 100 * sum(count for mark, count in counts.items() if mark >= 4) / n if n else None


def ces(answers: Sequence[int]) -> float | None:
    """The mean of 1–7; None without answers."""
    return mean_of(Counter(answers))


def mean_of(counts: Mapping[int, int]) -> float | None:
    """The mean, from how often each mark was given."""
    n = sum(counts.values())
    return sum(mark * count for mark, count in counts.items()) / n if n else None
