"""Why something is still open, as its customer said it: one row each time, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned


class Reason(DebtorOwned, db.Base):
    """`reason` is a key of portal.reasons.rules; difficulty is seen by few roles (rule C-26)."""

    __tablename__ = "reasons"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        Index("ix_reasons_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_reasons_given", "creditor_id", "reason", "given_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int]
    invoice_id: Mapped[int | None]  # where it is about one; else about all that is late
    reason: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
