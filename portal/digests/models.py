"""When the morning mail goes and to whom, who does not want it, and which morning has been seen to for whom."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class DigestPolicy(CreditorOwned, db.Base):
    """One version of `policies.Version`; a change is a new version."""

    __tablename__ = "digest_policies"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]


class DigestStop(CreditorOwned, db.Base):
    """Somebody who works here does not want the mail; the row goes when they want it again."""

    __tablename__ = "digest_stops"
    __table_args__ = (UniqueConstraint("creditor_id", "staff_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    stopped_at: Mapped[datetime]


class Digest(CreditorOwned, db.Base):
    """One person's morning, seen to once: with the mail that went, or without where there was nothing to say."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("creditor_id", "staff_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]  # the creditor's
    mail_id: Mapped[int | None]
    made_at: Mapped[datetime]
