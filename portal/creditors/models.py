"""Who is owed: the tenant, how it presents itself, its own choices, and another bank account that is asked for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned
from portal.core.states import StatusColumn
from portal.creditors.states import AccountChangeStatus


class Creditor(db.Base):
    """One tenant. Its own row is not owned by a scope: it is the scope."""

    __tablename__ = "creditors"
    __table_args__ = (Index("uq_creditors_slug", "slug", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))  # the legal name, as on its invoices
    display_name: Mapped[str] = mapped_column(String(100))  # shown before the gate: no word of debt in it
    vat_number: Mapped[str | None] = mapped_column(String(20))
    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    account_holder: Mapped[str | None] = mapped_column(String(70))  # as the bank knows it (rule B-38)
    address: Mapped[str | None] = mapped_column(String(300))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    former_email: Mapped[str | None] = mapped_column(String(254))  # told too while the change is young (rule A-66)
    email_changed_at: Mapped[datetime | None]
    contact_name: Mapped[str | None] = mapped_column(String(100))  # the human to reach
    hours: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(10), default="it")
    time_zone: Mapped[str] = mapped_column(String(60), default="Europe/Rome")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    gate_fact: Mapped[str] = mapped_column(String(20), default="vat_or_tax_code")  # portal.debtors.facts
    default_terms_days: Mapped[int] = mapped_column(default=30)
    transfer_days: Mapped[int] = mapped_column(default=5)  # how long "my transfer is on its way" calms reminders
    partial_payments: Mapped[bool] = mapped_column(default=True)  # whether one may pay a part (rule B-11)
    least_partial_minor: Mapped[int] = mapped_column(default=1000)  # the least part, in `currency`
    overpayments_kept: Mapped[bool] = mapped_column(default=False)  # without a word: kept, else given back (B-10)
    promise_days: Mapped[int] = mapped_column(default=30)  # how far ahead a customer may name a day; 0: not at all
    promise_times: Mapped[int] = mapped_column(default=3)  # how often a day may be named for one due item
    promise_least_minor: Mapped[int] = mapped_column(default=1000)  # the least part that one may promise
    already_paid_days: Mapped[int] = mapped_column(default=5)  # working days to look for what is said to be paid
    post_days: Mapped[int] = mapped_column(default=3)  # working days that the post takes to bring a letter
    accent: Mapped[str | None] = mapped_column(String(7))
    logo_file_id: Mapped[int | None]
    created_at: Mapped[datetime]


class AccountChange(CreditorOwned, db.Base):
    """Another bank account for the creditor: asked for by one person, approved by another, a day later in effect.

    `asked_by` and `approved_by` are staff ids: portal.people knows whose, and decides who may (rule A-66).
    """

    __tablename__ = "account_changes"
    __table_args__ = (
        CheckConstraint("asked_by <> approved_by", name="four_eyes"),
        Index(
            "uq_account_changes_open",
            "creditor_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
        Index("ix_account_changes_creditor", "creditor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    iban: Mapped[str] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    holder: Mapped[str] = mapped_column(String(70))
    told: Mapped[str] = mapped_column(String(520))  # the contact addresses when it was asked for, one a line
    asked_by: Mapped[int]
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]
    closed_by: Mapped[int | None]  # who called it off
    why: Mapped[str | None] = mapped_column(String(40))  # why it never came into effect: portal.creditors.states
    is_open: Mapped[bool] = mapped_column(default=True)
    status: Mapped[AccountChangeStatus] = mapped_column(StatusColumn(AccountChangeStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
