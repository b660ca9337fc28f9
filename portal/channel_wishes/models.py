"""By which way a customer does not want to be reached; kept when it is taken back."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned


class ChannelWish(DebtorOwned, db.Base):
    """One of a customer and a channel. Which one comes first is the debtor's own `preferred_channel`."""

    __tablename__ = "channel_wishes"
    __table_args__ = (
        UniqueConstraint("creditor_id", "debtor_id", "channel"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    channel: Mapped[str] = mapped_column(String(10))  # portal.channel_wishes.rules
    stopped_at: Mapped[datetime]
    resumed_at: Mapped[datetime | None]
