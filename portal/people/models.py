"""The creditor's people: who they are, what proves it, which creditors they work for and through whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


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


class Organisation(db.Base):
    """An agency: it may work for several creditors, each of which gives it a mandate of its own."""

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("vat_number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    vat_number: Mapped[str] = mapped_column(String(20))  # in capitals, without blanks
    created_at: Mapped[datetime]


class Mandate(db.Base):
    """What one creditor lets one agency see, and from when until when. An agency has one at a time."""

    __tablename__ = "mandates"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        Index("ix_mandates_creditor", "creditor_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    # What this creditor calls it, and alone what its customers and people read: the row of the agency is everybody's.
    shown_name: Mapped[str] = mapped_column(String(200))
    everyone: Mapped[bool]  # every customer; else those in mandate_debtors (portal.core.scope)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]  # the first instant at which it holds no more; none: until it is ended
    made_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Membership(db.Base):
    """A person's role at one creditor (portal.people.roles); an ended one opens nothing and may begin again.

    With an organisation they work there for that agency, inside its mandate and no longer than it lasts.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("staff_id", "creditor_id"),
        Index("ix_memberships_creditor", "creditor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    role: Mapped[str] = mapped_column(String(20))
    role_since: Mapped[datetime]  # when they were given this role, and by whom (none: whoever runs the portal)
    role_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(db.Base):
    """A one-time way in. Its address is signed: the row alone opens nothing, and holds no secret (rules A-01, A-02).

    The membership is made when it is accepted: whoever holds the address of one creditor's invitation gets
    into that creditor and no other.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_creditor", "creditor_id", "id"),
        Index("ix_invitations_staff", "staff_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    creditor_id: Mapped[int | None] = mapped_column(ForeignKey("creditors.id"))  # none: a new password only
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none: whoever runs the portal
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class StaffSession(db.Base):
    """One signed-in browser; ended rows open nothing, and one that waits for its code opens the code's page only."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index("ix_staff_sessions_staff", "staff_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    proved_at: Mapped[datetime]  # when a password or a code was last typed here
    waits_for_code: Mapped[bool] = mapped_column(default=False)
    code_tries: Mapped[int] = mapped_column(default=0)
    client: Mapped[str | None] = mapped_column(String(40))  # what the browser calls itself, for the list only
    # A form that was sent when the proof had run out (portal.people.held): sealed, shown once more, then gone.
    held_path: Mapped[str | None] = mapped_column(String(400))
    held_form: Mapped[str | None] = mapped_column(Text)
    held_at: Mapped[datetime | None]


class SecondFactor(db.Base):
    """A person's authenticator app. Secrets are sealed; a pending one waits for its first code."""

    __tablename__ = "second_factors"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    sealed: Mapped[str | None] = mapped_column(String(300))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]  # the newest time step whose code was taken: none up to it is taken again
    pending_sealed: Mapped[str | None] = mapped_column(String(300))
    pending_at: Mapped[datetime | None]


class RecoveryCode(db.Base):
    """One of ten ways in without the app, each for once. `place` is the code's first digit; the rest is hashed."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("staff_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    place: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(200))  # argon2id: 50 random bits (rule A-02)
    used_at: Mapped[datetime | None]


class SecondFactorReset(CreditorOwned, db.Base):
    """An administrator took somebody's second factor away: who, whose and why, in their own words."""

    __tablename__ = "second_factor_resets"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    by_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]


class StaffMail(CreditorOwned, db.Base):
    """A mail to one of the creditor's own side, never to a debtor. What it says is made when it is sent."""

    __tablename__ = "staff_mails"
    __table_args__ = (Index("ix_staff_mails_about", "creditor_id", "about_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    key: Mapped[str] = mapped_column(String(40))  # portal.people.notices
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none: the creditor's contact address
    to_address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(10))
    about_id: Mapped[int | None]  # the invitation or the change that it tells of
    params: Mapped[dict[str, Any]] = mapped_column(JSON)  # what its sentences name, without secrets
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(200))
