"""What a debtor asked in their own words, and what a person answered."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.states import QuestionStatus
from portal.core import db
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn


class Question(DebtorOwned, db.Base):
    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        Index("ix_questions_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_questions_status", "creditor_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int | None]
    visit_id: Mapped[int]
    words: Mapped[str] = mapped_column(Text)
    reply: Mapped[str | None] = mapped_column(Text)
    reply_name: Mapped[str | None] = mapped_column(String(100))  # the human who answered
    call_me_on: Mapped[str | None] = mapped_column(String(40))  # a number, when a call is preferred
    status: Mapped[QuestionStatus] = mapped_column(StatusColumn(QuestionStatus))
    status_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
