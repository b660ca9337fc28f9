"""How good a foresight was: AUC, Brier score and calibration, of what was said against what happened. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Items of which something between `low` and `high` per cent was said: the mean said, and how many were late."""

    low: int
    high: int
    items: int
    said: float
    late: int

    @property
    def happened(self) -> float:
        return self.late / self.items

    def as_json(self) -> dict[str, Any]:
        return {"from": self.low, "to": self.high, "items": self.items, "said": round(self.said, 4),
                "happened": round(self.happened, 4)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """`auc` is None where all were late or none was; `off`: the mean distance of what was said from what happened."""

    items: int
    late: int
    auc: float | None
    brier: float
    off: float
    bins: tuple[Bin, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "items": self.items,
            "late": self.late,
            "auc": None if self.auc is None else round(self.auc, 4),
            "brier": round(self.brier, 4),
            "calibration_error": round(self.off, 4),
            "calibration": [one.as_json() for one in self.bins],
        }

    def beats(self, other: "Judgement") -> bool:
        """Better at both: telling the late from the punctual, and saying how sure it is."""
        if self.auc is None or other.auc is None:
            return False
        return self.auc > other.auc and self.brier < other.brier


def judge(said: Sequence[float], late: Sequence[bool]) -> Judgement:
    """`said` from nought to one, and whether each was `late`. Raises ValueError for nothing to judge."""
    if not said or len(said) != len(late):
        raise ValueError("there is nothing to judge")
    bins = _bins(said, late)
    off = math.fsum(one.items * abs(one.said - one.happened) for one in bins) / len(said)
    brier = math.fsum((one - was) ** 2 for one, was in zip(said, late, strict=True)) / len(said)
    return Judgement(len(said), sum(late), auc(said, late), brier, off, bins)


def auc(said: Sequence[float], late: Sequence[bool]) -> float | None:
    """How often a late one was given more than a punctual one, ties as half: by the ranks (Mann and Whitney)."""
    positives = sum(late)
    negatives = len(late) - positives
    if not positives or not negatives:
        return None
    twice_ranks, place = 0, 0
    for _said, group in groupby(sorted(zip(said, late, strict=True)), key=lambda pair: pair[0]):
        tied = [was for _one, was in group]
        twice_ranks += sum(tied) * (2 * place + len(tied) + 1)  # twice the mean of the ranks place+1 … place+tied
        place += len(tied)
    return (twice_ranks / 2 - positives * (positives + 1) / 2) / (positives * negatives)


def _bins(said: Sequence[float], late: Sequence[bool]) -> tuple[Bin, ...]:
    found: dict[int, list[tuple[float, bool]]] = {}
    for one, was in zip(said, late, strict=True):
        found.setdefault(min(BINS - 1, int(one * BINS)), []).append((one, was))
    width = 100 // BINS
    return tuple(
        Bin(at * width, (at + 1) * width, len(pairs), math.fsum(one for one, _was in pairs) / len(pairs),
            sum(was for _one, was in pairs))
        for at, pairs in sorted(found.items())
    )  # fmt: skip
