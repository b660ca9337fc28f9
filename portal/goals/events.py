"""What became of a goal: numbers of the creditor's own figures, nothing about anybody."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _Goal(Event):
    """`target` is in minor units where the figure is an amount, else in hundredths of a day or a per cent."""

    goal_id: int
    figure: str


@event("goal.set", about="goal")
@dataclass(frozen=True, kw_only=True)
class GoalSet(_Goal):
    baseline: int
    baseline_on: date
    target: int
    target_on: date


@event("goal.changed", about="goal")
@dataclass(frozen=True, kw_only=True)
class GoalChanged(_Goal):
    from_target: int
    from_target_on: date
    target: int
    target_on: date


@event("goal.ended", about="goal")
@dataclass(frozen=True, kw_only=True)
class GoalEnded(_Goal):
    """Somebody gave it up before its day."""


@event("goal.over", about="goal")
@dataclass(frozen=True, kw_only=True)
class GoalOver(_Goal):
    """Its day came; `result` is what the figure was on it, None where it was not defined."""

    result: int | None
    reached: bool
