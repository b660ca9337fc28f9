"""Ways back into a creditor's systems, what each of them has been told of each invoice, and each attempt to tell."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned
from portal.core.states import StatusColumn
from portal.sync.states import ConnectorStatus


class Connector(CreditorOwned, db.Base):
    """`way` is a code of portal.sync.connectors; `read_seq` how far of the history it has been looked through."""

    __tablename__ = "sync_connectors"
    __table_args__ = (UniqueConstraint("creditor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    way: Mapped[str] = mapped_column(String(20))
    url: Mapped[str | None] = mapped_column(String(500))  # of a way over the network
    sealed_key: Mapped[str | None] = mapped_column(String(700))  # what it lets us in with
    mapping: Mapped[str | None] = mapped_column(Text)  # portal.sync.mapping; none: the document as it is
    read_seq: Mapped[int] = mapped_column(default=0)
    resend_behind: Mapped[int | None]  # everything is being sent again: the invoice up to which it is marked
    status: Mapped[ConnectorStatus] = mapped_column(StatusColumn(ConnectorStatus))
    status_at: Mapped[datetime]
    stopped_why: Mapped[str | None] = mapped_column(String(20))
    quiet_until: Mapped[datetime | None]  # it asked for less: nothing goes there before
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Told(CreditorOwned, db.Base):
    """What one connector knows of one invoice. It waits while `changed_seq` is ahead of `told_seq`.

    Several changes before it is told are told as one: the document is made when it is sent.
    """

    __tablename__ = "sync_told"
    __table_args__ = (
        UniqueConstraint("creditor_id", "connector_id", "invoice_id"),
        ForeignKeyConstraint(["creditor_id", "connector_id"], ["sync_connectors.creditor_id", "sync_connectors.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        Index("ix_sync_told_why", "creditor_id", "connector_id", "why", "id"),
        Index("ix_sync_told_next", "creditor_id", "connector_id", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    connector_id: Mapped[int]
    invoice_id: Mapped[int]
    changed_seq: Mapped[int]
    told_seq: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str | None] = mapped_column(String(64))  # of the document that was taken last
    tries: Mapped[int] = mapped_column(default=0)  # since it last changed, or was sent again by hand
    next_at: Mapped[datetime | None]  # when it goes; none: it was told, or somebody has to look
    why: Mapped[str | None] = mapped_column(String(20))  # why somebody has to look: a reason of portal.sync.rules
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def waits(self) -> bool:
        return self.changed_seq > self.told_seq


class Push(CreditorOwned, db.Base):
    """One attempt: of one invoice, or of a file with many. `result` is a reason of portal.sync.rules, or `done`."""

    __tablename__ = "sync_pushes"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "connector_id"], ["sync_connectors.creditor_id", "sync_connectors.id"]),
        Index("ix_sync_pushes_connector", "creditor_id", "connector_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    connector_id: Mapped[int]
    invoice_id: Mapped[int | None]
    count: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    result: Mapped[str] = mapped_column(String(20))
    http_status: Mapped[int | None]
    milliseconds: Mapped[int] = mapped_column(default=0)
