""" "I have already paid": what for, when, and the number that the bank gave it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.already_paid.states import ClaimStatus
from portal.core import db
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn


class PaidClaim(DebtorOwned, db.Base):
    """What a customer says they have paid. The words that came with it stand in its case."""

    __tablename__ = "paid_claims"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_paid_claims_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_paid_claims_until", "creditor_id", "status", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int | None]
    paid_on: Mapped[date]  # as they say
    reference: Mapped[str | None] = mapped_column(String(40))  # CRO, TRN or end-to-end id, without blanks
    until: Mapped[date]  # the last day on which nobody reminds them while we look
    claimed_at: Mapped[datetime]
    status: Mapped[ClaimStatus] = mapped_column(StatusColumn(ClaimStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PaidClaimItem(DebtorOwned, db.Base):
    """A due item that is said to be paid; it has one search at a time."""

    __tablename__ = "paid_claim_items"
    __table_args__ = (
        UniqueConstraint("creditor_id", "claim_id", "due_item_id"),
        ForeignKeyConstraint(["creditor_id", "claim_id"], ["paid_claims.creditor_id", "paid_claims.id"]),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        Index("ix_paid_claim_items_item", "creditor_id", "due_item_id"),
        Index(
            "uq_paid_claim_items_open",
            "creditor_id",
            "due_item_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    claim_id: Mapped[int]
    due_item_id: Mapped[int]
    is_open: Mapped[bool]
