"""The books: transfers between two accounts, and what is open on each due item.

Each transfer debits one account and credits another with one positive amount, so every entry balances by
construction; nothing is ever changed or deleted (rule D-11). `Receivable.open_minor` is the fold of its
transfers, kept beside them in the same statement and checked by `ledger.queries.unbalanced()`; so is
`Credit.free_minor`, the debtor's credit apart by what brought it (portal.ledger.origins).
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned


class Receivable(DebtorOwned, db.Base):
    """What one due item still owes. Its id is the due item's id."""

    __tablename__ = "receivables"
    __table_args__ = (
        CheckConstraint("open_minor >= 0", name="open_not_negative"),
        UniqueConstraint("creditor_id", "id"),
        Index("ix_receivables_open", "creditor_id", "debtor_id", "open_minor"),
        # A transfer without a reference is looked up by its amount (portal.bank_statements). Not a partial index:
        # SQLite would walk all of it for whatever is open.
        Index("ix_receivables_amount", "creditor_id", "open_minor"),
        # Most of a creditor's items are closed: what is still open is found without walking past them.
        Index(
            "ix_receivables_still_open",
            "creditor_id",
            "id",
            sqlite_where=text("open_minor > 0"),
            postgresql_where=text("open_minor > 0"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    currency: Mapped[str] = mapped_column(String(3))
    open_minor: Mapped[int]
    closed_on: Mapped[date | None]  # the value date on which it came to nought
    interest_waits_from: Mapped[date | None]  # the first day whose interest is not booked: its rate is not verified


class Credit(DebtorOwned, db.Base):
    """What of one origin's money is the debtor's credit and not used yet: a sub-account of `UNALLOCATED`."""

    __tablename__ = "credits"
    __table_args__ = (
        CheckConstraint("free_minor >= 0", name="free_not_negative"),
        UniqueConstraint("creditor_id", "origin_kind", "origin_id"),
        Index("ix_credits_debtor", "creditor_id", "debtor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    origin_kind: Mapped[str] = mapped_column(String(30))  # with origin_id: as on Transfer
    origin_id: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    free_minor: Mapped[int]


class Transfer(DebtorOwned, db.Base):
    """One line of the books. `debit` and `credit` are words of `portal.ledger.accounts`."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        UniqueConstraint("creditor_id", "source_kind", "source_id", "position"),
        ForeignKeyConstraint(["creditor_id", "receivable_id"], ["receivables.creditor_id", "receivables.id"]),
        Index("ix_ledger_transfers_receivable", "creditor_id", "receivable_id"),
        Index("ix_ledger_transfers_debtor", "creditor_id", "debtor_id", "posted_at"),
        Index("ix_ledger_transfers_origin", "creditor_id", "origin_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    posted_at: Mapped[datetime]
    value_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(30))
    debit: Mapped[str] = mapped_column(String(30))
    credit: Mapped[str] = mapped_column(String(30))
    receivable_id: Mapped[int | None]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    source_kind: Mapped[str] = mapped_column(String(30))  # with source_id: the same fact is booked once
    source_id: Mapped[int]
    position: Mapped[int]
    # Whose money it moves: the payment, movement, credit note or recount that brought it, whatever happens to it
    # later. The source is the fact that moves it: of a refund's lines the origin is the payment.
    origin_kind: Mapped[str] = mapped_column(String(30))
    origin_id: Mapped[int]
