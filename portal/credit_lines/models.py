"""A customer's credit line with its history, imported ratings, alerts, decisions, and the creditor's policy."""

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
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.credit_lines.states import AlertStatus

_DEBTOR = (["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"])


class CreditPolicy(CreditorOwned, db.Base):
    """One version of how lines are suggested and when alerts are raised; a change is a new version."""

    __tablename__ = "credit_policies"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[int]  # 1, 2, 3…: what a suggestion cites
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)  # what `policies.Version` holds
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]


class CreditLine(DebtorOwned, db.Base):
    """The most that one customer may owe, in the creditor's currency; none is no line at all, nought is no credit."""

    __tablename__ = "credit_lines"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "debtor_id"),
        ForeignKeyConstraint(*_DEBTOR),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CreditLineChange(DebtorOwned, db.Base):
    """One change of a line: who, when, from, to, why, and what had been suggested. Never changed."""

    __tablename__ = "credit_line_changes"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(*_DEBTOR),
        Index("ix_credit_line_changes_debtor", "creditor_id", "debtor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    currency: Mapped[str] = mapped_column(String(3))
    from_minor: Mapped[int | None]
    to_minor: Mapped[int | None]
    how: Mapped[str] = mapped_column(String(12))  # a key of rules.HOW
    words: Mapped[str | None] = mapped_column(Text)  # why, for colleagues
    suggestion: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # the facts that it was reckoned from
    suggested_minor: Mapped[int | None]
    policy_number: Mapped[int | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None]


class CreditRating(DebtorOwned, db.Base):
    """What a source outside said about a customer on a day; the same day again replaces it."""

    __tablename__ = "credit_ratings"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "debtor_id", "source", "rated_on"),
        ForeignKeyConstraint(*_DEBTOR),
        CheckConstraint("score >= 0 AND score <= 100", name="score_of_a_hundred"),
        Index("ix_credit_ratings_newest", "creditor_id", "debtor_id", "rated_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    source: Mapped[str] = mapped_column(String(60))
    rated_on: Mapped[date]
    score: Mapped[int]  # 0 to 100, more is better
    note: Mapped[str | None] = mapped_column(Text)
    taken_in_at: Mapped[datetime]


class CreditAlert(DebtorOwned, db.Base):
    """One cause for an alert. While it lasts there is one open row of it, whoever looks and however often."""

    __tablename__ = "credit_alerts"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(*_DEBTOR),
        Index(
            "uq_credit_alerts_open",
            "creditor_id",
            "debtor_id",
            "kind",
            "cause_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
        Index("ix_credit_alerts_state", "creditor_id", "is_open", "id"),
        Index("ix_credit_alerts_debtor", "creditor_id", "debtor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    kind: Mapped[str] = mapped_column(String(12))  # kinds.KINDS
    cause_id: Mapped[int]  # the due item or the promise; the customer where it is about all of theirs
    is_open: Mapped[bool]
    amount_minor: Mapped[int]  # as it was when it was raised
    currency: Mapped[str] = mapped_column(String(3))
    number: Mapped[int]  # days or items, by its kind
    raised_at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # when a mail about it was planned, or nobody wanted one
    seen_by: Mapped[int | None]
    status: Mapped[AlertStatus] = mapped_column(StatusColumn(AlertStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CreditDecision(DebtorOwned, db.Base):
    """What a person decided about a customer's credit, and why; with `hold` the release that it made."""

    __tablename__ = "credit_decisions"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(*_DEBTOR),
        ForeignKeyConstraint(["creditor_id", "release_id"], ["releases.creditor_id", "releases.id"]),
        Index("ix_credit_decisions_debtor", "creditor_id", "debtor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    decision: Mapped[str] = mapped_column(String(12))  # rules.DECISIONS
    words: Mapped[str | None] = mapped_column(Text)  # why, for colleagues
    release_id: Mapped[int | None]
    use_minor: Mapped[int]  # what was open when it was decided
    line_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    decided_at: Mapped[datetime]
    decided_by: Mapped[int]
