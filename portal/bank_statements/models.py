"""Batches of statement files, statements, movements; the creditor's own accounts, and which account paid for whom."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.bank_statements.states import BatchStatus, MovementStatus
from portal.core import db
from portal.core.money import Money
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn


class StatementBatch(CreditorOwned, db.Base):
    """Files that were brought in together, and what became of them."""

    __tablename__ = "statement_batches"
    __table_args__ = (UniqueConstraint("creditor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    staff_id: Mapped[int | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # portal.imports.options.ReadOptions as given
    files: Mapped[list[Any]] = mapped_column(JSON)  # [{"name", "file_id"}]; no id for one too large to keep
    status: Mapped[BatchStatus] = mapped_column(StatusColumn(BatchStatus))
    status_at: Mapped[datetime]
    started_at: Mapped[datetime]
    read: Mapped[int] = mapped_column(default=0)  # movements and remarks seen so far
    new: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    booked: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class StatementRemark(CreditorOwned, db.Base):
    """What was refused, or read with a doubt, in a batch."""

    __tablename__ = "statement_remarks"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "batch_id"], ["statement_batches.creditor_id", "statement_batches.id"]),
        UniqueConstraint("creditor_id", "batch_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    batch_id: Mapped[int]
    position: Mapped[int]  # in the order of the files: a batch that goes on says nothing twice
    refused: Mapped[bool]
    file: Mapped[str] = mapped_column(String(300))
    where: Mapped[str] = mapped_column(String(300))
    code: Mapped[str] = mapped_column(String(60))
    msgid: Mapped[str] = mapped_column(String(500))
    args: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class BankStatement(CreditorOwned, db.Base):
    """One statement, report or notification of one account, as the file that first brought it says it."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "key"),
        ForeignKeyConstraint(["creditor_id", "batch_id"], ["statement_batches.creditor_id", "statement_batches.id"]),
        Index("ix_bank_statements_made", "creditor_id", "made_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    batch_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(32))  # what makes it the same when it comes again
    kind: Mapped[str] = mapped_column(String(10))
    file: Mapped[str] = mapped_column(String(300))
    account: Mapped[str] = mapped_column(String(64))
    iban: Mapped[str | None] = mapped_column(String(34))
    currency: Mapped[str | None] = mapped_column(String(3))
    number: Mapped[str | None] = mapped_column(String(70))
    made_on: Mapped[date]
    opening_minor: Mapped[int | None]
    closing_minor: Mapped[int | None]
    adds_up: Mapped[bool]  # false: opening and movements do not make the closing balance


class BankMovement(CreditorOwned, db.Base):
    """One movement of an account. Of money that went out to others nothing is kept but its amount and its days."""

    __tablename__ = "bank_movements"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "content", "occurrence"),
        UniqueConstraint("creditor_id", "bank_key"),
        ForeignKeyConstraint(["creditor_id", "statement_id"], ["bank_statements.creditor_id", "bank_statements.id"]),
        ForeignKeyConstraint(["creditor_id", "batch_id"], ["statement_batches.creditor_id", "statement_batches.id"]),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "returns_id"], ["bank_movements.creditor_id", "bank_movements.id"]),
        ForeignKeyConstraint(["creditor_id", "same_as_id"], ["bank_movements.creditor_id", "bank_movements.id"]),
        CheckConstraint("amount_minor <> 0", name="amount_not_nought"),
        CheckConstraint("undo_asked_by <> undone_by", name="four_eyes"),
        Index("ix_bank_movements_status", "creditor_id", "status", "id"),
        Index("ix_bank_movements_why", "creditor_id", "why", "status"),
        Index("ix_bank_movements_statement", "creditor_id", "statement_id", "id"),
        Index("ix_bank_movements_entry", "creditor_id", "entry_key"),
        Index("ix_bank_movements_end_to_end", "creditor_id", "end_to_end_id"),
        Index("ix_bank_movements_other", "creditor_id", "counterparty_iban", "amount_minor"),
        Index("ix_bank_movements_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_bank_movements_amount", "creditor_id", "amount_minor", "value_on"),
        Index("ix_bank_movements_returns", "creditor_id", "returns_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    statement_id: Mapped[int]
    batch_id: Mapped[int]  # that first brought it
    booked_on: Mapped[date | None]
    value_on: Mapped[date]  # the day that counts (rule B-45): value date, else booking date, else the statement's
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reversal: Mapped[bool]
    returned: Mapped[bool]  # the bank says that it gives back something
    end_to_end_id: Mapped[str | None] = mapped_column(String(70))
    creditor_reference: Mapped[str | None] = mapped_column(String(140))
    text: Mapped[str | None] = mapped_column(String(1000))
    counterparty_name: Mapped[str | None] = mapped_column(String(140))
    counterparty_iban: Mapped[str | None] = mapped_column(String(34))
    entry_key: Mapped[str | None] = mapped_column(String(32))  # the bank's booking that it is (a part of)
    part: Mapped[int | None]  # its place in a batch
    bank_key: Mapped[str | None] = mapped_column(String(32))  # by the bank's own reference, where it gives one
    content: Mapped[str] = mapped_column(String(32))  # by what it says
    occurrence: Mapped[int]  # the how-many-eth of those that say the same
    file_key: Mapped[str | None] = mapped_column(String(32))  # the file that first brought it
    # The movement that it may be once more, or is where a person said so; of one undone, what goes on instead.
    same_as_id: Mapped[int | None]
    debtor_id: Mapped[int | None]
    returns_id: Mapped[int | None]  # the earlier credit that this debit gives back
    outcome: Mapped[str | None] = mapped_column(String(10))  # paid, late, partial, over
    why: Mapped[str | None] = mapped_column(String(30))  # why it was put aside, or why it waits
    note: Mapped[str | None] = mapped_column(String(300))  # a person's words about that, or why to undo it
    undo_asked_by: Mapped[str | None] = mapped_column(String(40))  # `staff:<id>` who says it was booked by mistake
    undone_by: Mapped[str | None] = mapped_column(String(40))  # who agreed: never the same
    status: Mapped[MovementStatus] = mapped_column(StatusColumn(MovementStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class PayerAccount(DebtorOwned, db.Base):
    """An account from which money for this debtor came before, as a booking by reference or a person showed."""

    __tablename__ = "payer_accounts"
    __table_args__ = (
        UniqueConstraint("creditor_id", "iban", "debtor_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    iban: Mapped[str] = mapped_column(String(34))
    times: Mapped[int]
    last_on: Mapped[date]


class OwnAccount(CreditorOwned, db.Base):
    """An account besides the creditor's own whose statements are booked, as somebody said."""

    __tablename__ = "own_accounts"
    __table_args__ = (UniqueConstraint("creditor_id", "account"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    account: Mapped[str] = mapped_column(String(64))  # as statements write it, without blanks
    known_by: Mapped[str] = mapped_column(String(10))  # person or command
    since: Mapped[datetime]
