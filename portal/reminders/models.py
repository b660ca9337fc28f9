"""One planned contact: which due item was spoken of, at which level, in which message. Never twice."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned


class Touch(DebtorOwned, db.Base):
    __tablename__ = "touches"
    __table_args__ = (
        UniqueConstraint("creditor_id", "due_item_id", "level"),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        ForeignKeyConstraint(["creditor_id", "message_id"], ["messages.creditor_id", "messages.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    due_item_id: Mapped[int]
    level: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[int]
    planned_at: Mapped[datetime]
