"""Whether a creditor asks for interest and costs, and what its people let a customer off."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.money import Money
from portal.core.scope import CreditorOwned, DebtorOwned


class InterestPolicy(CreditorOwned, db.Base):
    """A creditor's choice; without a row nothing is asked for."""

    __tablename__ = "interest_policies"
    __table_args__ = (CheckConstraint("consumer_hundredths >= 0", name="rate_not_negative"),)

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True)
    interest_on: Mapped[bool] = mapped_column(default=False)
    costs_on: Mapped[bool] = mapped_column(default=False)  # businesses only, whatever stands here (rule B-57)
    due_from: Mapped[date]  # what fell due before is left alone
    consumer_hundredths: Mapped[int | None]  # hundredths of a per cent a year, where agreed lower than the legal rate
    counted_to: Mapped[date | None]  # the last day through which the daily job has counted everything

    @property
    def is_on(self) -> bool:
        return self.interest_on or self.costs_on

    @property
    def consumer_rate(self) -> Decimal | None:
        """Per cent a year."""
        return None if self.consumer_hundredths is None else Decimal(self.consumer_hundredths).scaleb(-2)


class InterestWaiver(DebtorOwned, db.Base):
    """The creditor asks for no (more) interest or costs on one due item. `amount_minor` was taken off at once."""

    __tablename__ = "interest_waivers"
    __table_args__ = (
        UniqueConstraint("creditor_id", "due_item_id", "what"),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        CheckConstraint("what IN ('interest', 'costs')", name="what"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    due_item_id: Mapped[int]
    what: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    why: Mapped[str] = mapped_column(String(20))  # a word of portal.interest.waiving.WHY
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
