"""A key that lets one of the creditor's systems in; of its secret only the hash is kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class ApiKey(CreditorOwned, db.Base):
    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("creditor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int]  # who made it: whose name stands where a customer is answered through it
    name: Mapped[str] = mapped_column(String(80))  # what the creditor's people call the system
    permissions: Mapped[str] = mapped_column(String(400))  # `import read`: values of portal.people.roles.Permission
    secret_hash: Mapped[str] = mapped_column(String(64))
    old_hash: Mapped[str | None] = mapped_column(String(64))  # lets in beside it until `old_until`
    old_until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]  # to the minute
    revoked_at: Mapped[datetime | None]
