"""Each import with its files, how far it has come, and its report by row."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned
from portal.core.states import StatusColumn
from portal.imports.states import BatchStatus


class ImportBatch(CreditorOwned, db.Base):
    __tablename__ = "import_batches"
    __table_args__ = (UniqueConstraint("creditor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # portal.imports.reading.ReadOptions as given
    files: Mapped[list[Any]] = mapped_column(JSON)  # [{"name", "file_id"}]
    status: Mapped[BatchStatus] = mapped_column(StatusColumn(BatchStatus))
    status_at: Mapped[datetime]
    started_at: Mapped[datetime]
    read: Mapped[int] = mapped_column(default=0)  # documents and refusals seen so far: where a restart goes on
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ImportWay(CreditorOwned, db.Base):
    """How a table with these headers is read, as somebody chose (portal.imports.ways)."""

    __tablename__ = "import_ways"
    __table_args__ = (UniqueConstraint("creditor_id", "headers_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    headers_sha256: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # portal.imports.options.ReadOptions
    learned_at: Mapped[datetime]
    used_at: Mapped[datetime]


class ImportRow(CreditorOwned, db.Base):
    """One line of the report: what became of a document, a difference, a warning or a refusal."""

    __tablename__ = "import_rows"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "batch_id"], ["import_batches.creditor_id", "import_batches.id"]),
        Index("ix_import_rows_batch", "creditor_id", "batch_id", "id"),
        Index("ix_import_rows_outcome", "creditor_id", "batch_id", "outcome", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    batch_id: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(12))  # created, changed, refused, warning
    file: Mapped[str] = mapped_column(String(300))
    where: Mapped[str | None] = mapped_column(String(300))
    number: Mapped[str | None] = mapped_column(String(60))
    invoice_id: Mapped[int | None]
    code: Mapped[str | None] = mapped_column(String(60))
    msgid: Mapped[str | None] = mapped_column(String(500))  # a sentence to translate, with its arguments
    args: Mapped[dict[str, Any] | None] = mapped_column(JSON)
