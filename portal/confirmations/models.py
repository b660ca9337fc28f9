"""Receipt of an invoice: where it stands, and every answer with the text that was shown for it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.confirmations.states import ReceiptStatus
from portal.core import db
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn


class Receipt(DebtorOwned, db.Base):
    """Where receipt of one invoice stands now. Its id is the invoice's id; no row = nobody has said anything."""

    __tablename__ = "receipts"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "id"], ["invoices.creditor_id", "invoices.id"]),
        Index("ix_receipts_debtor", "creditor_id", "debtor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    status: Mapped[ReceiptStatus] = mapped_column(StatusColumn(ReceiptStatus))
    status_at: Mapped[datetime]
    answer_id: Mapped[int | None]  # none where only the SdI has said something
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ReceiptAnswer(DebtorOwned, db.Base):
    """One answer, never changed: what was said, when, in which visit, and the words that stood on the page."""

    __tablename__ = "receipt_answers"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        ForeignKeyConstraint(["creditor_id", "visit_id"], ["visits.creditor_id", "visits.id"]),
        Index("ix_receipt_answers_invoice", "creditor_id", "invoice_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    visit_id: Mapped[int]
    answer: Mapped[str] = mapped_column(String(12))
    will_pay_on: Mapped[date | None]
    category: Mapped[str | None] = mapped_column(String(30))
    words: Mapped[str | None] = mapped_column(Text)
    contact_point_id: Mapped[int | None]  # the corrected address, where one was given
    shown_text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
