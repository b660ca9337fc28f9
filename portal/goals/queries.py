"""Finding goals."""

from datetime import date

from sqlalchemy import func, select

from portal.core import db
from portal.goals.models import Goal
from portal.goals.states import GoalStatus

SHOWN = 20  # earlier ones


def goal(goal_id: int) -> Goal | None:
    return db.session().scalars(select(Goal).where(Goal.id == goal_id)).one_or_none()


def under_way() -> list[Goal]:
    """What is open, in the order in which it was set."""
    return list(db.session().scalars(select(Goal).where(Goal.status == GoalStatus.OPEN).order_by(Goal.id)))


def count_under_way() -> int:
    return int(db.session().scalar(select(func.count()).where(Goal.status == GoalStatus.OPEN)) or 0)


def earlier() -> list[Goal]:
    """What is over or was given up, the latest first."""
    wanted = select(Goal).where(Goal.status != GoalStatus.OPEN).order_by(Goal.id.desc()).limit(SHOWN)
    return list(db.session().scalars(wanted))


def whose_day_is_over(today: date) -> list[int]:
    """The open goals whose last day has passed."""
    wanted = select(Goal.id).where(Goal.status == GoalStatus.OPEN, Goal.target_on < today).order_by(Goal.id)
    return list(db.session().scalars(wanted))
