"""Planned contacts, the creditor's cadence in versions, and pauses."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned


class Touch(DebtorOwned, db.Base):
    """One due item spoken of at one level: when, by what, why so. The same once more only where it failed.

    What became of it stands with what it was said by: the message (a letter is one), the call, or the case.
    """

    __tablename__ = "touches"
    __table_args__ = (
        UniqueConstraint("creditor_id", "due_item_id", "level", "attempt"),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        ForeignKeyConstraint(["creditor_id", "message_id"], ["messages.creditor_id", "messages.id"]),
        ForeignKeyConstraint(["creditor_id", "case_id"], ["cases.creditor_id", "cases.id"]),
        Index("ix_touches_debtor", "creditor_id", "debtor_id", "at"),
        Index("ix_touches_message", "creditor_id", "message_id"),
        CheckConstraint("attempt > 0", name="attempt_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    due_item_id: Mapped[int]
    level: Mapped[str] = mapped_column(String(20))  # portal.reminders.levels
    attempt: Mapped[int] = mapped_column(default=1)
    medium: Mapped[str] = mapped_column(String(10))  # portal.reminders.levels.Medium
    because: Mapped[str] = mapped_column(String(20))  # portal.reminders.media.Because
    policy_number: Mapped[int]  # the version of the cadence that it was planned under
    planned_at: Mapped[datetime]
    at: Mapped[datetime]  # the lawful moment it was planned for
    message_id: Mapped[int | None]
    case_id: Mapped[int | None]


class CadencePolicy(CreditorOwned, db.Base):
    """One version of a creditor's cadence (portal.creditors.versions)."""

    __tablename__ = "cadence_policies"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)  # portal.reminders.policies.Version
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Pause(CreditorOwned, db.Base):
    """The creditor's people stop the cadence for a while: for everybody, or for one customer."""

    __tablename__ = "cadence_pauses"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_cadence_pauses_running", "creditor_id", "ended_at", "debtor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    debtor_id: Mapped[int | None]  # none: everybody
    since: Mapped[datetime]
    until: Mapped[date | None]  # the last day of it; none: until somebody ends it
    paused_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Outlook(DebtorOwned, db.Base):
    """What comes next for one customer, as it was seen when the cadence last looked: for the calendar alone.

    What is really said is decided anew at its moment. Without `on` nothing is to come, and `reason` says why.
    """

    __tablename__ = "outlooks"
    __table_args__ = (
        UniqueConstraint("creditor_id", "debtor_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_outlooks_on", "creditor_id", "on", "debtor_id"),
        Index("ix_outlooks_reason", "creditor_id", "reason", "debtor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    on: Mapped[date | None]
    level: Mapped[str | None] = mapped_column(String(20))
    medium: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(20))  # of media.BECAUSE where something comes, else deciding.REASONS
    items: Mapped[int]  # how many are named
    looked_at: Mapped[datetime]


class AgencyContact(db.Base):
    """How often an agency contacted a person on a day, for whichever creditors: a count, and a hash of who."""

    __tablename__ = "agency_contacts"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id"), primary_key=True, autoincrement=False
    )
    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    contacts: Mapped[int]
