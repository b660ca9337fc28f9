"""Attempts to pay, the creditor's accounts at providers, and what providers and debtors announced."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.payments.states import AttemptStatus


class MethodAccount(CreditorOwned, db.Base):
    """A creditor's own account with one payment method; its secrets are sealed (portal.core.signing)."""

    __tablename__ = "method_accounts"
    __table_args__ = (UniqueConstraint("creditor_id", "method"), UniqueConstraint("creditor_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    method: Mapped[str] = mapped_column(String(20))
    enabled: Mapped[bool]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # not secret: connected account id, livemode
    sealed: Mapped[dict[str, str]] = mapped_column(JSON)  # name → sealed secret


class PaymentAttempt(DebtorOwned, db.Base):
    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("method", "provider_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_payment_attempts_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_payment_attempts_status", "creditor_id", "status", "status_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int | None]
    method: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    language: Mapped[str] = mapped_column(String(10))
    idempotency_key: Mapped[str] = mapped_column(String(60))  # kept before the first call (rule B-04)
    provider_id: Mapped[str | None] = mapped_column(String(100))  # the provider's session
    provider_payment_id: Mapped[str | None] = mapped_column(String(100))  # its payment, once there is one
    provider_url: Mapped[str | None] = mapped_column(String(5000))  # where the payer goes; no token of ours
    expires_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]  # when the provider was last asked how it stands
    why: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[AttemptStatus] = mapped_column(StatusColumn(AttemptStatus))
    status_at: Mapped[datetime]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ProviderEvent(db.Base):
    """A provider's notice, stored once on receipt; `done_at` is written with its effect (decision 26)."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("method", "account_id", "event_key"),
        Index("ix_provider_events_open", "done_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int]
    method: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int]  # the method account whose address it came to
    event_key: Mapped[str] = mapped_column(String(100))  # the provider's own id of the event
    kind: Mapped[str] = mapped_column(String(80))
    object_key: Mapped[str] = mapped_column(String(100))  # what to fetch again; nothing else is kept of the body
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class TransferNotice(DebtorOwned, db.Base):
    """ "My transfer is on its way": calms reminders until a day, and is not a payment."""

    __tablename__ = "transfer_notices"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_transfer_notices_debtor", "creditor_id", "debtor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    until: Mapped[date]
    said_at: Mapped[datetime]
