"""A wish to erase what is held about one customer, and what became of it. No name, no free words."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn
from portal.privacy.states import ErasureStatus


class Erasure(DebtorOwned, db.Base):
    __tablename__ = "erasures"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        CheckConstraint("asked_by <> decided_by", name="four_eyes"),
        CheckConstraint("what IN ('everything', 'courtesy')", name="what"),
        Index("ix_erasures_debtor", "creditor_id", "debtor_id", "id"),
        Index(
            "uq_erasures_running",
            "creditor_id",
            "debtor_id",
            unique=True,
            sqlite_where=text("status IN ('requested', 'approved')"),
            postgresql_where=text("status IN ('requested', 'approved')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    what: Mapped[str] = mapped_column(String(10))  # everything, or only what is there for courtesy
    why: Mapped[str] = mapped_column(String(20))  # a word of portal.privacy.rules.REASONS
    asked_by: Mapped[str] = mapped_column(String(40))  # `staff:<id>`
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(40))  # never the same
    decided_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)  # how many were erased or replaced
    files: Mapped[int] = mapped_column(default=0)
    status: Mapped[ErasureStatus] = mapped_column(StatusColumn(ErasureStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
