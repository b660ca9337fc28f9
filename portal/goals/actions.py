"""Goals are set, changed, given up, and closed when their day is over."""

from dataclasses import dataclass
from datetime import date

from portal.core import clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow, StaleWrite
from portal.core.text import t
from portal.goals import measures, queries, rules
from portal.goals.events import GoalChanged, GoalEnded, GoalOver, GoalSet
from portal.goals.models import Goal
from portal.goals.states import MACHINE, GoalStatus
from portal.insights import figures, relation


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure on a day, with how customers felt in the same year; `value` None where the figure is not defined."""

    on: date
    value: int | None
    nps: int | None
    complaints: int


def standing(figure: str, currency: str, on: date, zone: str) -> Standing:
    felt = relation.relation(on, zone)
    score = felt.felt.nps
    found = figures.figures(on, currency, zone)
    return Standing(on, measures.value(figure, found), None if score is None else round(score.nps), felt.complaints)


def set_goal(
    figure: str, currency: str, begins: Standing, target: int, target_on: date, *, today: date, by: int | None
) -> Goal:
    """A goal that begins at `begins`. Raises NotAllowedNow for what is no goal, and for one too many."""
    if begins.value is None:
        raise NotAllowedNow(t("On that day this figure cannot be reckoned. Please choose another day."))
    for why_not in (
        rules.why_not_one_more(queries.count_under_way()),
        rules.why_not_baseline_on(begins.on, today),
        rules.why_not_target(begins.value, target),
        rules.why_not_target_on(target_on, today),
    ):
        if why_not is not None:
            raise NotAllowedNow(why_not)
    row = Goal(
        id=ids.new_id(),
        creditor_id=scope.current().creditor_id,
        figure=figure,
        currency=currency,
        baseline=begins.value,
        baseline_on=begins.on,
        baseline_nps=begins.nps,
        baseline_complaints=begins.complaints,
        target=target,
        target_on=target_on,
        first_target=target,
        first_target_on=target_on,
        set_at=clock.now(),
        set_by=by,
    )
    happened = GoalSet(
        goal_id=row.id,
        figure=figure,
        baseline=begins.value,
        baseline_on=begins.on,
        target=target,
        target_on=target_on,
    )
    MACHINE.begin(row, GoalStatus.OPEN, happened)
    db.session().add(row)
    db.session().flush()
    return row


def change(row: Goal, target: int, target_on: date, *, after: int, today: date) -> None:
    """Another target or another day; where it began stays. The same again changes nothing. Raises NotAllowedNow, and
    StaleWrite where somebody changed it after version `after`."""
    _still_open(row)
    if (row.target, row.target_on) == (target, target_on):
        return
    _unchanged_since(row, after)
    why_not = rules.why_not_target(row.baseline, target) or rules.why_not_target_on(target_on, today)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    before = row.target, row.target_on
    row.target, row.target_on = target, target_on
    db.session().flush()
    from_target, from_target_on = before
    happened = GoalChanged(
        goal_id=row.id, figure=row.figure, from_target=from_target, from_target_on=from_target_on, target=target,
        target_on=target_on,
    )  # fmt: skip
    events.record(happened)


def end(row: Goal) -> None:
    """Given up; given up twice is given up once."""
    if row.status is GoalStatus.ENDED:
        return
    MACHINE.move(row, GoalStatus.ENDED, GoalEnded(goal_id=row.id, figure=row.figure))
    db.session().flush()


def close(goal_id: int, today: date, zone: str) -> None:
    """Its day is over: what the figure was on it is kept, with how customers felt then."""
    row = queries.goal(goal_id)
    if row is None or row.status is not GoalStatus.OPEN or row.target_on >= today:
        return
    ends = standing(row.figure, row.currency, row.target_on, zone)
    row.result, row.result_nps, row.result_complaints = ends.value, ends.nps, ends.complaints
    reached = ends.value is not None and rules.is_reached(row.baseline, row.target, ends.value)
    MACHINE.move(
        row, GoalStatus.OVER, GoalOver(goal_id=row.id, figure=row.figure, result=ends.value, reached=reached)
    )
    db.session().flush()


def _still_open(row: Goal) -> None:
    if row.status is not GoalStatus.OPEN:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=row.status.label))


def _unchanged_since(row: Goal, after: int) -> None:
    if row.version != after:
        raise StaleWrite(t("Somebody else has changed this meanwhile. Look at both, then save again."))
