"""A creditor's own words: each version of each place where they can stand, kept for good."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned


class OwnText(CreditorOwned, db.Base):
    """One version; the newest of its place holds. Without words it is the way back to the portal's own."""

    __tablename__ = "own_texts"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "key", "channel", "segment", "language", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    key: Mapped[str] = mapped_column(String(40))  # messages.levels.KEYS
    channel: Mapped[str] = mapped_column(String(10))
    segment: Mapped[str] = mapped_column(String(10))  # the customer's kind
    language: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]  # 1, 2, 3… in its place
    words: Mapped[dict[str, str]] = mapped_column(JSON)  # by part (slots.PARTS); none = the portal's own
    second: Mapped[dict[str, str]] = mapped_column(
        JSON
    )  # another wording of the same, for half of the customers; or none
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    set_aside_at: Mapped[datetime | None]  # the tone gate did not let it leave: the portal's own words go instead
