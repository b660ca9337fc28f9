"""A case: something a customer said that somebody must act on; its thread; the desks where cases land."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases import kinds
from portal.cases.states import CaseStatus
from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn

CUSTOMER, STAFF = "customer", "staff"  # who wrote


class Desk(CreditorOwned, db.Base):
    """A department of the creditor that answers cases, who owns what lands there, and how fast it answers."""

    __tablename__ = "desks"
    __table_args__ = (UniqueConstraint("creditor_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    key: Mapped[str] = mapped_column(String(30))  # portal.cases.desks, or the creditor's own
    name: Mapped[str] = mapped_column(String(60))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answer_days: Mapped[int | None]  # working days; none: the kind's own
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class AnswerText(CreditorOwned, db.Base):
    """Words that the creditor's people answer with again and again, under a name; taken over and changed at will."""

    __tablename__ = "answer_texts"
    __table_args__ = (UniqueConstraint("creditor_id", "language", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    language: Mapped[str] = mapped_column(String(10))  # of the customer who reads it
    name: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


class CasePolicy(CreditorOwned, db.Base):
    """What a creditor chose about its cases; without a row the defaults of portal.cases.policies hold."""

    __tablename__ = "case_policies"

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True)
    suggestions: Mapped[bool]  # whether words are looked through for what they may mean


class Case(DebtorOwned, db.Base):
    """Who acts next, by when, and who owns it. Nothing open is without an owner and a date (portal.cases.actions)."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "number"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name="outcome_when_closed"),
        Index("ix_cases_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_cases_queue", "creditor_id", "status", "act_by", "id"),
        Index("ix_cases_subject", "creditor_id", "kind", "subject_id"),
        Index("ix_cases_opened", "creditor_id", "opened_at", "id"),
        Index("ix_cases_invoice", "creditor_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[str] = mapped_column(String(8))  # what both sides quote (portal.cases.numbers)
    kind: Mapped[str] = mapped_column(String(20))  # portal.cases.kinds
    subject_id: Mapped[int | None]  # the row of the feature that it is about: a dispute, a promise
    invoice_id: Mapped[int | None]
    visit_id: Mapped[int | None]  # none where the creditor's people opened it
    cause: Mapped[str | None] = mapped_column(
        String(30)
    )  # the typed reason, a word of its kind's (portal.cases.causes)
    words: Mapped[str | None] = mapped_column(Text)  # what was said first, in the customer's own words
    desk: Mapped[str] = mapped_column(String(30))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none only where nobody works here yet
    act_by: Mapped[datetime | None]  # by when whoever acts next has promised to; none once closed
    snoozed_until: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # when one of the creditor's people first had it before them
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None] = mapped_column(String(30))
    due_on: Mapped[date | None]  # when the first of its invoice falls due, as it stood when the case was opened
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_on: Mapped[date | None]  # the same on the creditor's calendar
    status: Mapped[CaseStatus] = mapped_column(StatusColumn(CaseStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def at_the_door(self) -> bool:
        """Said by somebody who has proved nothing: no customer reads it, and an answer would reach nobody."""
        return self.kind == kinds.WRONG_PERSON and self.visit_id is None

    @property
    def is_internal(self) -> bool:
        """The creditor's people among themselves: no customer reads it."""
        return self.kind in kinds.INTERNAL


class CaseEntry(DebtorOwned, db.Base):
    """What one side wrote in a case, in order; never changed."""

    __tablename__ = "case_entries"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "case_id"], ["cases.creditor_id", "cases.id"]),
        CheckConstraint("author IN ('customer', 'staff')", name="author"),
        Index("ix_case_entries_case", "creditor_id", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    case_id: Mapped[int]
    author: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    name: Mapped[str | None] = mapped_column(String(100))  # of the person at the creditor, as the customer reads it
    visit_id: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CaseFile(DebtorOwned, db.Base):
    """One file that a customer added, made anew before it was kept (portal.documents.evidence)."""

    __tablename__ = "case_files"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "case_id"], ["cases.creditor_id", "cases.id"]),
        ForeignKeyConstraint(["creditor_id", "file_id"], ["stored_files.creditor_id", "stored_files.id"]),
        Index("ix_case_files_case", "creditor_id", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    case_id: Mapped[int]
    visit_id: Mapped[int]
    file_id: Mapped[int | None]  # none once its content has gone
    name: Mapped[str] = mapped_column(String(40))  # random: the name that it came with is not kept
    media_type: Mapped[str] = mapped_column(String(40))
    bytes: Mapped[int]
    scanned: Mapped[bool]  # by a virus scanner
    added_at: Mapped[datetime]
