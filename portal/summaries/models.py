"""The books added up: what changed by how much on which day, and when the whole was counted last."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class FigureSum(CreditorOwned, db.Base):
    """A change of one sum from one day on. What a sum is as of a day is all of its changes until then.

    Rows are only ever added: two postings of one creditor never wait for one row. Those of the same key are made one
    in the night (portal.summaries.folding).
    """

    __tablename__ = "figure_sums"
    __table_args__ = (
        CheckConstraint("grain IN ('d', 'm')", name="grain"),
        Index("ix_figure_sums_key", "creditor_id", "currency", "kind", "grain", "on_day", "key_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    currency: Mapped[str] = mapped_column(String(3))
    kind: Mapped[str] = mapped_column(String(16))  # portal.summaries.rules
    grain: Mapped[str] = mapped_column(String(1))  # of a day, or of a whole month: then `on_day` is its first
    on_day: Mapped[date]
    key_day: Mapped[date]  # the due date, or the month, that the sum is of; `on_day` where it is of neither
    amount_minor: Mapped[int]
    items: Mapped[int]


class FigureCount(CreditorOwned, db.Base):
    """Whether a creditor's sums are whole: until the first count, and while a history is written, they are not."""

    __tablename__ = "figure_counts"

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True, autoincrement=False)
    run: Mapped[int]  # how often it was counted or set back: of two who count at once one keeps what was found
    counted_at: Mapped[datetime | None]
    differed: Mapped[int]  # sums that the last count found wrong, and put right
