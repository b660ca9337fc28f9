"""Attempts to pay and what came after them, the creditor's accounts at providers, what both sides announced."""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.payments.states import AttemptStatus, CardDisputeStatus, CheckStatus, RefundStatus, SavedStatus


class MethodAccount(CreditorOwned, db.Base):
    """A creditor's own account with one payment method; its secrets are sealed (portal.core.signing).

    One of each method is in use. One that another took the place of is kept: payments begun on it end on it.
    """

    __tablename__ = "method_accounts"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        Index(
            "uq_method_accounts_in_use",
            "creditor_id",
            "method",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    method: Mapped[str] = mapped_column(String(20))
    enabled: Mapped[bool]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # not secret: connected account id, livemode
    sealed: Mapped[dict[str, str]] = mapped_column(JSON)  # name → sealed secret
    events_until: Mapped[datetime | None]  # up to when the provider's own list of events was read (rule B-07)
    replaced_at: Mapped[datetime | None]  # since when another account takes the payments; None: this one does


class PaymentAttempt(DebtorOwned, db.Base):
    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("method", "provider_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "account_id"], ["method_accounts.creditor_id", "method_accounts.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_payment_attempts_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_payment_attempts_status", "creditor_id", "status", "status_at"),
        Index("ix_payment_attempts_payment", "creditor_id", "provider_payment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int | None]
    method: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None]  # the creditor's account that it was begun on: it is followed there alone
    saved_method_id: Mapped[int | None]  # what it is charged to, its payer away; None: somebody pays on a page
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    language: Mapped[str] = mapped_column(String(10))
    idempotency_key: Mapped[str] = mapped_column(String(60))  # kept before the first call (rule B-04)
    provider_id: Mapped[str | None] = mapped_column(String(100))  # the provider's session
    provider_payment_id: Mapped[str | None] = mapped_column(String(100))  # its payment, once there is one
    provider_url: Mapped[str | None] = mapped_column(String(5000))  # where the payer goes; no token of ours
    expires_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]  # when the provider was last asked how it stands
    missing_since: Mapped[datetime | None]  # the provider denies what it had given us: a person has to look
    arrived_at: Mapped[datetime | None]  # when the money came in, whatever became of it afterwards
    why: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[AttemptStatus] = mapped_column(StatusColumn(AttemptStatus))
    status_at: Mapped[datetime]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class SavedMethod(DebtorOwned, db.Base):
    """A way to pay that a customer saved at the provider for one agreement: its ids there, brand and last four (PCI).

    `source_kind` and `source_id` say what it was saved for, by another feature; one is active for each.
    """

    __tablename__ = "saved_methods"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("method", "session_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "account_id"], ["method_accounts.creditor_id", "method_accounts.id"]),
        Index("ix_saved_methods_source", "creditor_id", "source_kind", "source_id", "status"),
        Index(
            "uq_saved_methods_active",
            "creditor_id",
            "source_kind",
            "source_id",
            unique=True,
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    method: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int]  # the creditor's account on which it was saved: it is charged there alone (rule B-02)
    source_kind: Mapped[str] = mapped_column(String(30))
    source_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))  # methods.CARD or methods.SEPA_DEBIT
    language: Mapped[str] = mapped_column(String(10))
    mandate_sha256: Mapped[str] = mapped_column(String(64))  # of the text that was shown and confirmed (rule B-14)
    step_up_id: Mapped[int]  # the proof of it
    pages: Mapped[int] = mapped_column(default=0)  # how often the provider's page was opened anew
    expires_at: Mapped[datetime | None]  # of the page that was opened last
    session_id: Mapped[str | None] = mapped_column(String(100))
    session_url: Mapped[str | None] = mapped_column(String(5000))
    payer_id: Mapped[str | None] = mapped_column(String(100))
    method_id: Mapped[str | None] = mapped_column(String(100))
    brand: Mapped[str] = mapped_column(String(20), default="")
    last4: Mapped[str] = mapped_column(String(4), default="")
    saved_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(100))  # why it failed, a code
    created_at: Mapped[datetime]
    status: Mapped[SavedStatus] = mapped_column(StatusColumn(SavedStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class AutoCharge(DebtorOwned, db.Base):
    """One try to charge what falls due to a saved method: the same thing is tried once under each number."""

    __tablename__ = "auto_charges"
    __table_args__ = (
        UniqueConstraint("creditor_id", "source_kind", "source_id", "number"),
        UniqueConstraint("creditor_id", "attempt_id"),
        ForeignKeyConstraint(["creditor_id", "saved_method_id"], ["saved_methods.creditor_id", "saved_methods.id"]),
        ForeignKeyConstraint(["creditor_id", "attempt_id"], ["payment_attempts.creditor_id", "payment_attempts.id"]),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    saved_method_id: Mapped[int]
    source_kind: Mapped[str] = mapped_column(String(30))  # what falls due, by another feature: an instalment
    source_id: Mapped[int]
    number: Mapped[int]  # 1, 2, 3
    attempt_id: Mapped[int]
    made_on: Mapped[date]  # where the creditor is


class Refund(DebtorOwned, db.Base):
    """Money of one payment on its way back: asked for by one person, approved by another (rule B-12)."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "provider_id"),
        ForeignKeyConstraint(["creditor_id", "attempt_id"], ["payment_attempts.creditor_id", "payment_attempts.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("requested_by <> decided_by", name="four_eyes"),
        Index("ix_refunds_attempt", "creditor_id", "attempt_id"),
        Index("ix_refunds_status", "creditor_id", "status", "status_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    attempt_id: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(300))  # in the words of who asked; stays here
    source_kind: Mapped[str | None] = mapped_column(String(30))  # what it was asked for, by another feature
    source_id: Mapped[int | None]
    requested_by: Mapped[str] = mapped_column(String(40))  # `staff:<id>`, or `system`, `provider`
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None]
    idempotency_key: Mapped[str] = mapped_column(String(60))  # kept before the call (rule B-04)
    provider_id: Mapped[str | None] = mapped_column(String(100))
    asked_at: Mapped[datetime | None]  # when the provider was first asked to carry it out: from then on look first
    why: Mapped[str | None] = mapped_column(String(300))  # why not: a person's words, or a code
    status: Mapped[RefundStatus] = mapped_column(StatusColumn(RefundStatus))
    status_at: Mapped[datetime]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CardDispute(DebtorOwned, db.Base):
    """A cardholder or their bank contests a payment; the provider alone decides (rule B-13)."""

    __tablename__ = "card_disputes"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "provider_id"),
        ForeignKeyConstraint(["creditor_id", "attempt_id"], ["payment_attempts.creditor_id", "payment_attempts.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_card_disputes_attempt", "creditor_id", "attempt_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    attempt_id: Mapped[int]
    provider_id: Mapped[str] = mapped_column(String(100))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(60))  # the provider's code
    refundable: Mapped[bool]  # an inquiry: nothing is withheld, and paying back ends it
    movements: Mapped[int]  # how many of the provider's movements are in the books
    answer_by: Mapped[datetime | None]
    status: Mapped[CardDisputeStatus] = mapped_column(StatusColumn(CardDisputeStatus))
    status_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class BalanceCheck(CreditorOwned, db.Base):
    """One day of one account: what the provider moved and what our books say of it (rule B-07)."""

    __tablename__ = "balance_checks"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "method", "account", "day", "currency"),
        Index("ix_balance_checks_status", "creditor_id", "status", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    method: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))  # the connected account, or `own`
    day: Mapped[date]  # where the creditor is
    currency: Mapped[str] = mapped_column(String(3))
    provider_minor: Mapped[int]
    ledger_minor: Mapped[int]
    difference_minor: Mapped[int]
    details: Mapped[list[list[Any]]] = mapped_column(JSON)  # [payment, provider, books] where the two differ
    checked_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    status: Mapped[CheckStatus] = mapped_column(StatusColumn(CheckStatus))
    status_at: Mapped[datetime]
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
