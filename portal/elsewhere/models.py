"""A payment that came in elsewhere, as the creditor's own system says."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.money import Money
from portal.core.scope import DebtorOwned


class ElsewherePayment(DebtorOwned, db.Base):
    """Money for one invoice. `external_id` is what the creditor's system calls it: said twice it is one."""

    __tablename__ = "elsewhere_payments"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "external_id"),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_elsewhere_payments_invoice", "creditor_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(String(80))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    value_on: Mapped[date]
    told_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]  # their system said that it was none, or that it went back

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
