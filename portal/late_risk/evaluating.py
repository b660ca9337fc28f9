"""The baseline, the rules and the model judged on what came after they had learned: split by time, never by lot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.late_risk import logistic, rules
from portal.late_risk.judging import Judgement, judge
from portal.late_risk.logistic import Coefficients
from portal.late_risk.past import Known, Owed, in_time

LEARNED_SHARE = 70  # per cent of the items, by their day of issue, that are learned from
LEAST_JUDGED = 100  # items, with at least …
LEAST_OF_EACH = 20  # … so many late and so many in time, for a model to be trusted
LEAST_LEARNED = 200
BY_LOT = 0.5  # the AUC of who draws lots
BASELINE, RULES, MODEL = "as_before", "rules", "model"


class TooLittle(ValueError):
    """There are not enough settled items to judge anything."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was learned from, what was judged, and how each did; no model where nothing could be learned."""

    split: date  # what was issued from this day on is judged
    learned: int
    judged: int
    judgements: dict[str, Judgement]
    model: Coefficients | None
    why_no_model: str | None

    @property
    def is_better(self) -> bool:
        """Whether the model may be used: enough was judged, and it beat the rules."""
        found, by_rules = self.judgements.get(MODEL), self.judgements[RULES]
        if found is None or found.items < LEAST_JUDGED or self.learned < LEAST_LEARNED:
            return False
        of_each = min(found.late, found.items - found.late)
        return of_each >= LEAST_OF_EACH and found.beats(by_rules) and (found.auc or 0) > BY_LOT

    def as_json(self) -> dict[str, Any]:
        return {
            "split": self.split.isoformat(),
            "learned": self.learned,
            "judged": self.judged,
            "judgements": {name: one.as_json() for name, one in self.judgements.items()},
            "why_no_model": self.why_no_model,
            "used": MODEL if self.is_better else RULES,
        }


def evaluate(items: Iterable[Owed], *, split: date | None = None, until: date | None = None) -> Report:
    """Learns from what was known on the day of the split, and judges what was issued from then on.

    `until` is the day on which it is asked: what is open and not due by then has no outcome. Raises TooLittle.
    """
    known = list(in_time(items))
    until = until or date.max
    split = split or _split(known)
    before = [(one, late) for one in known if one.item.issued_on < split
              and (late := one.item.late_by(split)) is not None]  # fmt: skip
    after = [(one, late) for one in known if one.item.issued_on >= split
             and (late := one.item.late_by(until)) is not None]  # fmt: skip
    if not before or not after:
        raise TooLittle("there are too few settled items on one side of the split")
    happened = [was for _one, was in after]
    said = {
        BASELINE: [as_before(one) for one, _was in after],
        RULES: [rules.score(one.facts).percent / 100 for one, _was in after],
    }
    model, why_not = _learned(before)
    if model is not None:
        said[MODEL] = [model.likely(one.facts) for one, _was in after]
    judgements = {name: judge(values, happened) for name, values in said.items()}
    return Report(split, len(before), len(after), judgements, model, why_not)


def as_before(known: Known) -> float:
    """The baseline: late as often as before; who has paid nothing yet as often as everybody."""
    past = known.facts.past
    return past.late / past.items if past.items else rules.everyone_percent(known.facts.everyone) / 100


def _split(known: Sequence[Known]) -> date:
    if not known:
        raise TooLittle("there are no items")
    return known[len(known) * LEARNED_SHARE // 100].item.issued_on


def _learned(before: Sequence[tuple[Known, bool]]) -> tuple[Coefficients | None, str | None]:
    try:
        return logistic.learn([one.facts for one, _was in before], [was for _one, was in before]), None
    except (logistic.NotInstalled, ValueError) as error:
        return None, str(error)
