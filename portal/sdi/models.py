"""What the SdI said of each invoice, one row a message; and the files under which an invoice was sent again."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned


class SdiMessage(DebtorOwned, db.Base):
    """One message about one invoice, never changed. Where an invoice stands is read from its rows (rules)."""

    __tablename__ = "sdi_messages"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "invoice_id", "fingerprint"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        Index("ix_sdi_messages_debtor", "creditor_id", "debtor_id"),
        Index("ix_sdi_messages_sdi_id", "creditor_id", "sdi_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(2))  # portal.sdi.documents.KINDS
    sdi_id: Mapped[str] = mapped_column(String(20))  # the SdI's number of the sending (IdentificativoSdI)
    file_name: Mapped[str | None] = mapped_column(String(200))  # of the sent invoice (NomeFile)
    message_id: Mapped[str | None] = mapped_column(String(60))
    said_at: Mapped[datetime | None]  # when the SdI delivered or received it, where the message says
    outcome: Mapped[str | None] = mapped_column(String(10))  # EC01 accepted, EC02 refused, EN00 and EN01 of a SE
    description: Mapped[str | None] = mapped_column(String(500))
    errors: Mapped[list[Any]] = mapped_column(JSON)  # [[code, description]] of a rejection
    tells_office: Mapped[bool]  # a MC for a public office: the SdI tries again by itself
    fingerprint: Mapped[str] = mapped_column(String(64))  # the same message twice is one
    taken_at: Mapped[datetime]


class SdiFile(DebtorOwned, db.Base):
    """Another e-invoice file in which an invoice came in than its first: it was sent anew under that name."""

    __tablename__ = "sdi_files"
    __table_args__ = (
        UniqueConstraint("creditor_id", "invoice_id", "stem"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        Index("ix_sdi_files_debtor", "creditor_id", "debtor_id"),
        Index("ix_sdi_files_stem", "creditor_id", "stem"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    file_id: Mapped[int]  # the kept file, which may be forgotten sooner
    stem: Mapped[str] = mapped_column(String(200))  # portal.sdi.documents.stem
    came_at: Mapped[datetime]
