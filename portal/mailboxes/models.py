"""A creditor's mailbox with how far it has been read, and what became of each mail."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned
from portal.core.states import StatusColumn
from portal.mailboxes.states import MailboxStatus


class Mailbox(CreditorOwned, db.Base):
    """One for each creditor. `uid` is the last mail looked at, in the numbering `uid_validity` (RFC 3501)."""

    __tablename__ = "mailboxes"
    __table_args__ = (UniqueConstraint("creditor_id", "id"), UniqueConstraint("creditor_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    user: Mapped[str] = mapped_column(String(254))
    sealed_password: Mapped[str] = mapped_column(String(700))
    folder: Mapped[str] = mapped_column(String(100))
    senders: Mapped[str] = mapped_column(Text)  # one a line: an address, or @domain
    status: Mapped[MailboxStatus] = mapped_column(StatusColumn(MailboxStatus))
    status_at: Mapped[datetime]
    stopped_why: Mapped[str | None] = mapped_column(String(20))
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)  # none: never read
    uid: Mapped[int] = mapped_column(BigInteger, default=0)
    read_at: Mapped[datetime | None]  # when it was last read to its end
    trouble: Mapped[str | None] = mapped_column(String(20))  # why the last time failed; tried again by itself
    trouble_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class MailSeen(CreditorOwned, db.Base):
    """One mail: what became of it, and the import it gave. Neither who sent it nor what it says is kept here."""

    __tablename__ = "mailbox_mails"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "mailbox_id"], ["mailboxes.creditor_id", "mailboxes.id"]),
        ForeignKeyConstraint(["creditor_id", "batch_id"], ["import_batches.creditor_id", "import_batches.id"]),
        Index("ix_mailbox_mails_mailbox", "creditor_id", "mailbox_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    mailbox_id: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))  # portal.mailboxes.rules.Found
    batch_id: Mapped[int | None]
