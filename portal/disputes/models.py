"""A dispute of an invoice, the lines it is about, and the reasons that a creditor offers."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.money import Money
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.disputes.states import UNDER_WAY, DisputeStatus

_UNDER_WAY = "status IN ('open', 'info_requested')"


class DisputeReason(CreditorOwned, db.Base):
    """What a creditor changed about one reason, or added; what it left alone has no row (portal.disputes.reasons)."""

    __tablename__ = "dispute_reasons"
    __table_args__ = (
        UniqueConstraint("creditor_id", "key"),
        CheckConstraint("category IN ('technical', 'administrative')", name="category"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    key: Mapped[str] = mapped_column(String(30))  # of portal.disputes.rules, or `own-…`
    category: Mapped[str] = mapped_column(String(20))
    label: Mapped[str | None] = mapped_column(String(80))  # in the creditor's words; none: ours, in every language
    desk: Mapped[str] = mapped_column(String(30))
    offered: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Dispute(DebtorOwned, db.Base):
    """What a customer contests of one invoice. Its words, its number and whose it is stand in its case."""

    __tablename__ = "disputes"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        ForeignKeyConstraint(["creditor_id", "visit_id"], ["visits.creditor_id", "visits.id"]),
        CheckConstraint("about IN ('whole', 'amount', 'lines')", name="about"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("upheld_minor > 0 AND upheld_minor <= amount_minor", name="upheld_within"),
        Index("ix_disputes_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_disputes_invoice", "creditor_id", "invoice_id", "id"),
        # One at a time: who has more to say writes on in its case.
        Index(
            "uq_disputes_open",
            "creditor_id",
            "invoice_id",
            unique=True,
            sqlite_where=text(_UNDER_WAY),
            postgresql_where=text(_UNDER_WAY),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    visit_id: Mapped[int | None]  # none where it was said on the phone
    reason: Mapped[str] = mapped_column(String(30))
    category: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]  # contested, of what was open then
    currency: Mapped[str] = mapped_column(String(3))
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]  # once only
    upheld_minor: Mapped[int | None]  # what was right about it
    credit: Mapped[str | None] = mapped_column(String(10))  # who posts the credit (portal.disputes.rules)
    credited_minor: Mapped[int] = mapped_column(default=0)  # by credit notes for its invoice that came before that
    awaits_minor: Mapped[int] = mapped_column(default=0)  # what of the valid part no credit note has come for
    verdict: Mapped[str | None] = mapped_column(Text)  # why it was closed so, in a person's words
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[DisputeStatus] = mapped_column(StatusColumn(DisputeStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def contested(self) -> Money:
        """What of it no credit note has brought."""
        return Money(max(self.amount_minor - self.credited_minor, 0), self.currency)

    @property
    def awaits(self) -> Money:
        return Money(self.awaits_minor, self.currency)

    @property
    def is_rejected(self) -> bool:
        return self.status is DisputeStatus.REJECTED

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY


class DisputeLine(DebtorOwned, db.Base):
    """One line of the invoice that is contested, as it stood in the e-invoice; its amount has VAT in it."""

    __tablename__ = "dispute_lines"
    __table_args__ = (
        UniqueConstraint("creditor_id", "dispute_id", "number"),
        ForeignKeyConstraint(["creditor_id", "dispute_id"], ["disputes.creditor_id", "disputes.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    dispute_id: Mapped[int]
    number: Mapped[int]
    description: Mapped[str] = mapped_column(String(200))
    amount_minor: Mapped[int]
