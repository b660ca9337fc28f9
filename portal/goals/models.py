"""Goals on the figures: where each began is kept as it was shown then, and is never reckoned anew."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned
from portal.core.states import StatusColumn
from portal.goals.states import GoalStatus


class Goal(CreditorOwned, db.Base):
    """One goal. Values are minor units where the figure is an amount, else hundredths of a day or of a per cent.

    With the first value and the last stands how customers felt then: a score as it could be shown, or none, and how
    many had complained within the year (the relation guard).
    """

    __tablename__ = "goals"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        Index("ix_goals_status", "creditor_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    figure: Mapped[str] = mapped_column(String(20))  # a key of measures.MEASURES
    currency: Mapped[str] = mapped_column(String(3))
    baseline: Mapped[int]
    baseline_on: Mapped[date]
    baseline_nps: Mapped[int | None]
    baseline_complaints: Mapped[int]
    target: Mapped[int]
    target_on: Mapped[date]
    first_target: Mapped[int]  # as it was set; a change is seen beside it
    first_target_on: Mapped[date]
    set_at: Mapped[datetime]
    set_by: Mapped[int | None]
    result: Mapped[int | None]  # of the target's day, once it is over
    result_nps: Mapped[int | None]
    result_complaints: Mapped[int | None]
    status: Mapped[GoalStatus] = mapped_column(StatusColumn(GoalStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
