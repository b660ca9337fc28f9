"""When a creditor can be called back, and who wants to be."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.calls.states import CallStatus
from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn


class CallHours(CreditorOwned, db.Base):
    """The hours in which a creditor's people call; without a row nobody can book."""

    __tablename__ = "call_hours"

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True)
    spans: Mapped[list[list[Any]]] = mapped_column(JSON)  # [weekday, from, to]: 0 is Monday, minutes since midnight
    minutes: Mapped[int]  # of one call
    at_once: Mapped[int]  # how many people call at the same time


class Seat(CreditorOwned, db.Base):
    """That a moment is taken, without by whom: what is free depends on every customer's calls."""

    __tablename__ = "call_seats"

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Call(DebtorOwned, db.Base):
    """One call at one moment; its seat is taken once (Seat)."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_calls_debtor", "creditor_id", "debtor_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seat: Mapped[int]
    phone: Mapped[str] = mapped_column(String(40))  # where they want to be called
    about: Mapped[str | None] = mapped_column(String(400))
    moves: Mapped[int]  # how often it was moved: a calendar asks for it
    status: Mapped[CallStatus] = mapped_column(StatusColumn(CallStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
