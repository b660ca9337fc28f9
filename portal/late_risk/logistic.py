"""A creditor's own model: coefficients as plain numbers, so that it is read without the library that found them."""

import importlib
import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.late_risk import measures, rules
from portal.late_risk.rules import Code, Facts, Reason, Score

NOT_INSTALLED = "scikit-learn is not installed: pip install -e .[ml]"
_KIND = "logistic-1"


class NotInstalled(Exception):
    """The extra `ml` is not there: nothing can be learned. What was learned before is still used."""


class NotReadable(ValueError):
    """Coefficients of another version of the portal."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """For each of measures.NAMES what is usual, how far it spreads, and its weight; `start` is that of the usual."""

    start: float
    weights: tuple[float, ...]
    usual: tuple[float, ...]
    spread: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": _KIND,
            "start": self.start,
            "measures": [
                {"name": name.value, "weight": weight, "usual": usual, "spread": spread}
                for name, weight, usual, spread in zip(
                    measures.NAMES, self.weights, self.usual, self.spread, strict=True
                )
            ],
        }

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Coefficients":
        """Raises NotReadable for what is of another kind: the rules are used then."""
        try:
            rows = kept["measures"]
            if kept["kind"] != _KIND or [row["name"] for row in rows] != [name.value for name in measures.NAMES]:
                raise NotReadable
            weights, usual, spread = (tuple(float(row[key]) for row in rows) for key in ("weight", "usual", "spread"))
            found = cls(float(kept["start"]), weights, usual, spread)
        except (KeyError, TypeError, ValueError) as error:
            raise NotReadable("these coefficients are of another version") from error
        if not all(map(math.isfinite, (found.start, *weights, *usual, *spread))) or not all(spread):
            raise NotReadable("these coefficients are no numbers")
        return found

    def parts(self, facts: Facts) -> tuple[float, ...]:
        """What each measure adds to the odds, as logarithms."""
        return tuple(
            weight * (value - usual) / spread
            for value, weight, usual, spread in zip(
                measures.of(facts), self.weights, self.usual, self.spread, strict=True
            )
        )

    def likely(self, facts: Facts) -> float:
        """How likely it is paid late by what was known at issue, from nought to one."""
        return _share(self.start + math.fsum(self.parts(facts)))

    def score(self, facts: Facts) -> Score:
        """The score as the rules give it, with this model's share for what was known at issue."""
        parts = self.parts(facts)
        odds = self.start + math.fsum(parts)
        reasons = [
            Reason(code, points, rules.words(code, facts))
            for code, part in zip(measures.NAMES, parts, strict=True)
            if _applies(code, facts) and (points := round(100 * (_share(odds) - _share(odds - part))))
        ]
        return rules.afterwards(round(100 * _share(odds)), reasons, facts, learned=True)


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def _applies(code: Code, facts: Facts) -> bool:
    """Whether there is anything to say of it: that it is not August moves the odds, and is no reason to anybody."""
    past = facts.past
    return {
        Code.HISTORY: bool(past.items),
        Code.RECENT: len(past.recent) >= 3,
        Code.MARGIN: bool(past.items),
        Code.OPEN_LATE: bool(past.open_late),
        Code.AMOUNT: bool(past.usual_minor),
        Code.FIRST: not past.items,
        Code.AUGUST: facts.due_on.month == rules.AUGUST,
        Code.DECEMBER: facts.due_on.month == rules.DECEMBER,
        Code.MONTH_END: rules.is_month_end(facts.due_on),
    }[code]


def is_installed() -> bool:
    return importlib.util.find_spec("sklearn") is not None


def learn(known: Sequence[Facts], late: Sequence[bool]) -> Coefficients:
    """Coefficients that fit what happened. Raises NotInstalled, ValueError where all were late or none was."""
    if not is_installed():
        raise NotInstalled(NOT_INSTALLED)
    if len(set(late)) < 2:
        raise ValueError("all were late, or none was")
    learning = importlib.import_module("portal.late_risk.learning")
    start, weights, usual, spread = learning.fit([measures.of(one) for one in known], late)
    return Coefficients(start, weights, usual, spread)
