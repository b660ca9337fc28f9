"""Which months have a paper, and who wants to hear when a new one is there."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class MonthPaper(CreditorOwned, db.Base):
    """One month's paper: made once, and what it says stays, whatever is booked later with an earlier date."""

    __tablename__ = "month_papers"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "month"),
        ForeignKeyConstraint(["creditor_id", "file_id"], ["stored_files.creditor_id", "stored_files.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    month: Mapped[date]  # its first day
    file_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime]


class MonthReader(CreditorOwned, db.Base):
    """Somebody who works here wants a mail when a month's paper is there; the row goes when they do not any more."""

    __tablename__ = "month_readers"
    __table_args__ = (UniqueConstraint("creditor_id", "staff_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    since: Mapped[datetime]
