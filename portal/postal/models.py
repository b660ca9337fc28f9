"""Letters and the batches in which they are printed. What a letter says stands in its message."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.postal.states import LetterStatus


class LetterBatch(CreditorOwned, db.Base):
    """Letters that were printed together: one PDF, made anew whenever it is asked for: no code lies in a file."""

    __tablename__ = "letter_batches"
    __table_args__ = (UniqueConstraint("creditor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    letters: Mapped[int]  # as printed
    held_back: Mapped[int]  # what somebody objected to at that moment
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    posted_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Letter(DebtorOwned, db.Base):
    """One sheet for one customer: the paper side of a message whose channel is `letter`."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "message_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "message_id"], ["messages.creditor_id", "messages.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        ForeignKeyConstraint(["creditor_id", "batch_id"], ["letter_batches.creditor_id", "letter_batches.id"]),
        Index("ix_letters_status", "creditor_id", "status", "id"),
        Index("ix_letters_batch", "creditor_id", "batch_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    message_id: Mapped[int]
    invoice_id: Mapped[int]  # the one that the codes on the sheet open (rule A-07)
    batch_id: Mapped[int | None]
    qr_link_id: Mapped[int | None]  # both as printed: the codes themselves are made when they are needed
    typed_link_id: Mapped[int | None]
    printed_at: Mapped[datetime | None]
    posted_on: Mapped[date | None]
    arrives_on: Mapped[date | None]
    arrived_at: Mapped[datetime | None]  # when its message was told that it has arrived
    status: Mapped[LetterStatus] = mapped_column(StatusColumn(LetterStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
