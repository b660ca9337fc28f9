"""Files that are kept: what was imported, what an invoice looked like. Contents lie outside the database."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class StoredFile(CreditorOwned, db.Base):
    """One content, kept once per creditor; on disk under a name made of its hash (portal.core.files)."""

    __tablename__ = "stored_files"
    __table_args__ = (UniqueConstraint("creditor_id", "id"), UniqueConstraint("creditor_id", "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))  # as it came; never used as a path
    stored_at: Mapped[datetime]
