"""Silences that the creditor's people set, and what lets the time to ask for a due item count anew."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.silence.states import SilenceStatus


class Silence(DebtorOwned, db.Base):
    """Of a customer, or of one due item of theirs; several may stand at a time."""

    __tablename__ = "silences"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        Index("ix_silences_debtor", "creditor_id", "debtor_id", "status"),
        Index("ix_silences_until", "creditor_id", "status", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    due_item_id: Mapped[int | None]  # none: the customer
    reason: Mapped[str] = mapped_column(String(20))  # a key of rules.REASONS
    words: Mapped[str | None] = mapped_column(Text)  # for colleagues: it never leaves the house
    speaks_for: Mapped[str | None] = mapped_column(String(200))  # who represents them, and how to reach that person
    reached_at: Mapped[str | None] = mapped_column(String(300))
    since: Mapped[datetime]
    until: Mapped[datetime | None]  # the first instant at which it holds no more; none: until somebody ends it
    set_by: Mapped[int]
    ended_by: Mapped[int | None]
    ended_why: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[SilenceStatus] = mapped_column(StatusColumn(SilenceStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class LimitationRestart(DebtorOwned, db.Base):
    """From this day the time to ask for a due item counts anew; what was paid on it stands in the books alone."""

    __tablename__ = "limitation_restarts"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        UniqueConstraint("creditor_id", "due_item_id", "how", "counts_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    due_item_id: Mapped[int]
    how: Mapped[str] = mapped_column(String(20))  # a key of limitation.RESTARTS
    counts_from: Mapped[date]
    made_by: Mapped[int | None]  # none: the customer's own act
    made_at: Mapped[datetime]


class LimitationPolicy(CreditorOwned, db.Base):
    """After how many years nobody may be asked any more, by kind of customer, in versions."""

    __tablename__ = "limitation_policies"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
