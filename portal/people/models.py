"""The creditor's people: who they are, which creditors they work for, and where they are signed in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db


class Staff(db.Base):
    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("email"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(String(254))  # lower case
    name: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(10), default="it")
    password_hash: Mapped[str | None] = mapped_column(String(200))  # argon2id; none until invited in
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Membership(db.Base):
    """A person's role at one creditor (portal.people.roles); an ended one opens nothing and may begin again."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("staff_id", "creditor_id"),
        Index("ix_memberships_creditor", "creditor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(db.Base):
    """A one-time way in; only the hash of its secret is kept (rule A-02).

    The membership is made when it is accepted: whoever holds the address of one creditor's invitation gets
    into that creditor and no other.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        Index("ix_invitations_creditor", "creditor_id", "id"),
        Index("ix_invitations_staff", "staff_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    creditor_id: Mapped[int | None] = mapped_column(ForeignKey("creditors.id"))  # none: a new password only
    role: Mapped[str | None] = mapped_column(String(20))
    secret_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class StaffSession(db.Base):
    """One signed-in browser; ended rows open nothing."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index("ix_staff_sessions_staff", "staff_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    client: Mapped[str | None] = mapped_column(String(40))  # what the browser calls itself, for the list only
