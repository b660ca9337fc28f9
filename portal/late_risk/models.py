"""What was learned from one creditor's own history, and how good it was."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class LateModel(CreditorOwned, db.Base):
    """The newest learning of a creditor: figures over all its customers, no customer's own."""

    __tablename__ = "late_models"
    __table_args__ = (UniqueConstraint("creditor_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    learned_at: Mapped[datetime]
    items: Mapped[int]  # settled due items that were looked at …
    late: Mapped[int]  # … and how many of them came late
    coefficients: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # portal.late_risk.logistic; none: too little
    judgement: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # portal.late_risk.evaluating.Report
    used: Mapped[bool]  # whether the model beat the rules
