"""A decision that deliveries to one customer wait until an amount is paid."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.money import Money
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn
from portal.releases.states import ReleaseStatus


class Release(DebtorOwned, db.Base):
    """At most one of a customer waits at a time."""

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        CheckConstraint("least_minor > 0", name="least_positive"),
        Index(
            "uq_releases_waiting",
            "creditor_id",
            "debtor_id",
            unique=True,
            sqlite_where=text("is_waiting"),
            postgresql_where=text("is_waiting"),
        ),
        Index("ix_releases_debtor", "creditor_id", "debtor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    least_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(20))  # a key of rules.REASONS, which the customer reads
    words: Mapped[str | None] = mapped_column(Text)  # for colleagues: it never leaves the house
    decided_by: Mapped[int]
    paid_minor: Mapped[int] = mapped_column(default=0)  # come since it was decided, as last looked at
    paid_back_at: Mapped[datetime | None]  # when money that had lifted it went back
    is_waiting: Mapped[bool]
    status: Mapped[ReleaseStatus] = mapped_column(StatusColumn(ReleaseStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def least(self) -> Money:
        return Money(self.least_minor, self.currency)
