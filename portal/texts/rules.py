"""Two wordings against each other: which one a customer sees, how sure a share is, and when it is too early to say.

Pure. Shares come with the interval of Wilson (1927); how many are needed is reckoned for a difference that is stated
before, at 5 % and a power of 80 % (two proportions, normal approximation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import median

A, B = "a", "b"
SURE, POWER = 1.959964, 0.841621  # quantiles of the normal distribution: two-sided 5 %, one-sided 20 %
SMALLEST_DIFFERENCE = 0.10  # ten points of a hundred: less is not worth another wording [D]


def side(hashed: str) -> str:
    """Which wording a keyed hash (hex) falls to: one half each."""
    return A if int(hashed[:8], 16) % 2 == 0 else B


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share. Raises ValueError for a share of nothing."""
    if not 0 <= hits <= of or of == 0:
        raise ValueError("a share of nothing, or of less than itself")
    share, z = hits / of, SURE * SURE
    middle = (share + z / (2 * of)) / (1 + z / of)
    half = SURE * sqrt(share * (1 - share) / of + z / (4 * of * of)) / (1 + z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def needed(share: float, difference: float = SMALLEST_DIFFERENCE) -> int:
    """How many of each are needed to see `difference` beside `share`; the side on which more are needed."""
    return max(_needed(share, other) for other in (share + difference, share - difference) if 0 <= other <= 1)


def _needed(one: float, other: float) -> int:
    mean = (one + other) / 2
    root = SURE * sqrt(2 * mean * (1 - mean)) + POWER * sqrt(one * (1 - one) + other * (1 - other))
    return ceil((root / (one - other)) ** 2)


@dataclass(frozen=True, slots=True)
class Share:
    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.hits, self.of) if self.of else None


def better(a: Share, b: Share) -> str | None:
    """Which share is higher, and surely so; None while it is too early to say, or there is no difference.

    Nobody wins before both sides have as many as are needed for the smallest difference, however far apart they are.
    """
    if not a.of or not b.of or min(a.of, b.of) < least_sample(a, b):
        return None
    (low_a, high_a), (low_b, high_b) = wilson(a.hits, a.of), wilson(b.hits, b.of)
    if low_a > high_b:
        return A
    return B if low_b > high_a else None


def least_sample(a: Share, b: Share) -> int:
    """How many of each are needed, for the share that both have together."""
    of = a.of + b.of
    return needed((a.hits + b.hits) / of if of else 0.5)


def middle(days: Sequence[int]) -> float | None:
    """The median, None of nothing."""
    return float(median(days)) if days else None
