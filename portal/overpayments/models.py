"""Money that came in beyond what was open: whose it is, how it came, and what becomes of it (rule B-10)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.money import Money
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn
from portal.ledger.sources import Source
from portal.overpayments.states import OverpaymentStatus


class Overpayment(DebtorOwned, db.Base):
    """One amount too much, out of one source; in the books it is that source's credit."""

    __tablename__ = "overpayments"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "source_kind", "source_id"),  # one fact opens one, however often it is told
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "attempt_id"], ["payment_attempts.creditor_id", "payment_attempts.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "used_minor >= 0 AND gone_minor >= 0 AND used_minor + gone_minor <= amount_minor", name="used_within"
        ),
        CheckConstraint("asked_by <> settled_by", name="four_eyes"),
        Index("ix_overpayments_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_overpayments_status", "creditor_id", "status", "refund_due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    source_kind: Mapped[str] = mapped_column(String(30))  # with source_id: the origin of its credit in the books
    source_id: Mapped[int]
    came_by: Mapped[str] = mapped_column(String(20))  # the account that it came from (rules.CAME_BY)
    attempt_id: Mapped[int | None]  # the payment that it came with: it can be given back the same way
    invoice_id: Mapped[int | None]  # the one invoice that it was meant for, where there is just one
    amount_minor: Mapped[int]
    used_minor: Mapped[int] = mapped_column(default=0)  # of it, for later documents
    gone_minor: Mapped[int] = mapped_column(default=0)  # of it, that went back, mostly together with its payment
    currency: Mapped[str] = mapped_column(String(3))
    wish: Mapped[str | None] = mapped_column(String(10))  # what the debtor asked for (portal.overpayments.rules)
    wished_at: Mapped[datetime | None]
    refund_due_on: Mapped[date]  # by then it is given back, unless it is kept (five working days, rule B-10)
    refund_id: Mapped[int | None]  # the refund at the provider (portal.payments.refunds)
    returned_on: Mapped[date | None]  # the day of the transfer back, as a colleague wrote it down
    asked_by: Mapped[str | None] = mapped_column(String(40))  # `staff:<id>` who wants it given back
    settled_by: Mapped[str | None] = mapped_column(String(40))  # who agreed: never the same
    seen_on: Mapped[date | None]  # the day on which the bank's statement, or a colleague, shows that transfer
    seen_as_id: Mapped[int | None]  # the outgoing movement that is this transfer (portal.bank_statements)
    seen_by: Mapped[str | None] = mapped_column(String(40))  # who looked at the bank, where no statement told it
    why: Mapped[str | None] = mapped_column(String(200))  # why giving back did not work
    opened_at: Mapped[datetime]
    status: Mapped[OverpaymentStatus] = mapped_column(StatusColumn(OverpaymentStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def origin(self) -> Source:
        """Whose credit it is in the books."""
        return Source(self.source_kind, self.source_id)

    @property
    def left(self) -> Money:
        """What has been neither used nor given back: what there is to decide about."""
        return Money(self.amount_minor - self.used_minor - self.gone_minor, self.currency)
