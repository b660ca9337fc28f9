"""What would help a customer for whom it is hard to pay, and until when nobody writes. No reason is kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn
from portal.hardship.states import RestStatus


class Rest(DebtorOwned, db.Base):
    """One of a customer; said again it runs anew. Only the adjustment is kept (rule C-26)."""

    __tablename__ = "rests"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "debtor_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_rests_until", "creditor_id", "status", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int | None]
    helps: Mapped[str] = mapped_column(String(60))  # keys of portal.hardship.rules.HELPS, with blanks between
    until: Mapped[datetime]
    status: Mapped[RestStatus] = mapped_column(StatusColumn(RestStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
