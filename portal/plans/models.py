"""A plan with what it is about, its instalments, each round of terms, and the versions of a creditor's policy."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
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
from portal.plans.states import InstalmentStatus, PlanStatus


class PlanPolicy(CreditorOwned, db.Base):
    """One version of what a creditor lets its customers agree; never changed, a change is a new version."""

    __tablename__ = "plan_policies"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[int]  # 1, 2, 3…: what a plan cites
    segments: Mapped[dict[str, Any]] = mapped_column(JSON)  # by segment what `policies.Policy` holds
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]  # the person; None for what the portal begins with


class Plan(DebtorOwned, db.Base):
    """Some due items, paid in instalments. `debt_minor` is what was open of them; `total_minor` what the instalments
    add up to: the debt, with agreed interest, less an agreed discount."""

    __tablename__ = "plans"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        CheckConstraint("debt_minor > 0 AND total_minor > 0", name="amounts_positive"),
        CheckConstraint("total_minor = debt_minor + interest_minor - discount_minor", name="adds_up"),
        Index("ix_plans_debtor", "creditor_id", "debtor_id", "status"),
        Index("ix_plans_status", "creditor_id", "status", "id"),
        Index("ix_plans_answer_by", "creditor_id", "status", "answer_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int | None]
    invoice_id: Mapped[int | None]  # agreed through a link to that document alone
    policy_number: Mapped[int]  # the version that decided
    segment: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    debt_minor: Mapped[int]
    interest_minor: Mapped[int] = mapped_column(default=0)
    discount_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int]
    every: Mapped[str] = mapped_column(String(10))  # schedules.EVERY
    snapshot_sha256: Mapped[str] = mapped_column(String(64))  # of what was open and what is asked when (rule B-73)
    answer_by: Mapped[datetime | None]  # who acts next has until then, before it is accepted
    made_at: Mapped[datetime]
    grace_days: Mapped[int]  # stated before acceptance, and what happens (rule B-74)
    acknowledged: Mapped[bool] = mapped_column(default=False)  # the separate act (rule C-40)
    step_up_id: Mapped[int | None]  # the proof of the acceptance
    accepted_at: Mapped[datetime | None]
    active_from: Mapped[datetime | None]  # until then it may be taken back (rule C-44)
    notice_on: Mapped[date | None]  # the day on which the notice before the end was written
    replaces_id: Mapped[int | None]  # the plan that this one renegotiates
    status: Mapped[PlanStatus] = mapped_column(StatusColumn(PlanStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def debt(self) -> Money:
        return Money(self.debt_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)


class PlanLine(DebtorOwned, db.Base):
    """What of one due item a plan is about; an item is in one plan at a time."""

    __tablename__ = "plan_lines"
    __table_args__ = (
        UniqueConstraint("creditor_id", "plan_id", "due_item_id"),
        ForeignKeyConstraint(["creditor_id", "plan_id"], ["plans.creditor_id", "plans.id"]),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_plan_lines_item", "creditor_id", "due_item_id"),
        Index(
            "uq_plan_lines_open",
            "creditor_id",
            "due_item_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    plan_id: Mapped[int]
    due_item_id: Mapped[int]
    amount_minor: Mapped[int]
    is_open: Mapped[bool]


class Instalment(DebtorOwned, db.Base):
    """One row of the schedule. `paid_minor` is what the books say; a bank finds it by its own reference."""

    __tablename__ = "instalments"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "plan_id", "number"),
        UniqueConstraint("creditor_id", "reference"),
        ForeignKeyConstraint(["creditor_id", "plan_id"], ["plans.creditor_id", "plans.id"]),
        CheckConstraint("amount_minor >= 0 AND paid_minor >= 0", name="amounts_not_negative"),
        Index("ix_instalments_due", "creditor_id", "status", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    plan_id: Mapped[int]
    number: Mapped[int]  # 0 is the down payment
    due_on: Mapped[date]
    moved_from: Mapped[date | None]  # the day that it had before it was moved, once
    amount_minor: Mapped[int]
    paid_minor: Mapped[int] = mapped_column(default=0)
    reference: Mapped[str] = mapped_column(String(25))
    reminded_on: Mapped[date | None]
    missed_told_on: Mapped[date | None]
    status: Mapped[InstalmentStatus] = mapped_column(StatusColumn(InstalmentStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PlanRound(DebtorOwned, db.Base):
    """Terms that one side put forward, in the order in which they came; never changed."""

    __tablename__ = "plan_rounds"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "plan_id"], ["plans.creditor_id", "plans.id"]),
        Index("ix_plan_rounds_plan", "creditor_id", "plan_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    plan_id: Mapped[int]
    side: Mapped[str] = mapped_column(String(10))  # "customer", "creditor", or "policy" where it decided by itself
    terms: Mapped[dict[str, Any]] = mapped_column(
        JSON
    )  # {"first", "every", "instalments", "down_minor", "total_minor"}
    by: Mapped[int | None]  # the person of the creditor's
    said_at: Mapped[datetime]


class PlanPaper(DebtorOwned, db.Base):
    """The evidence of one acceptance (rule C-43). What was so at that moment is kept with it; the place in the chain,
    the PDF and both hashes are added by a job, the sealed PDF by another; nothing is changed after that."""

    __tablename__ = "plan_papers"
    __table_args__ = (
        UniqueConstraint("creditor_id", "plan_id"),
        ForeignKeyConstraint(["creditor_id", "plan_id"], ["plans.creditor_id", "plans.id"]),
        ForeignKeyConstraint(["creditor_id", "file_id"], ["stored_files.creditor_id", "stored_files.id"]),
        ForeignKeyConstraint(["creditor_id", "seal_file_id"], ["stored_files.creditor_id", "stored_files.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    plan_id: Mapped[int]
    json: Mapped[str] = mapped_column(Text)  # the very bytes that are given out, as UTF-8
    json_sha256: Mapped[str | None] = mapped_column(String(64))
    file_id: Mapped[int | None]  # the PDF among the kept files
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    made_at: Mapped[datetime | None]  # until then the job has not come to it
    seal_file_id: Mapped[int | None]  # the same PDF with a seal or timestamp behind it (portal.documents.seals)
    seal_at: Mapped[datetime | None]
