"""The document and what is due of it."""

from datetime import date, datetime

from sqlalchemy import (
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
from portal.core.money import Money
from portal.core.scope import DebtorOwned


class Invoice(DebtorOwned, db.Base):
    """An invoice or a credit note. A credit note has no due items; it lowers others' (portal.invoices.actions)."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "debtor_id", "kind", "number", "year"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "file_id"], ["stored_files.creditor_id", "stored_files.id"]),
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
        Index("ix_invoices_number", "creditor_id", "number"),
        Index("ix_invoices_issued", "creditor_id", "issued_on", "id"),
        Index("ix_invoices_remittance", "creditor_id", "remittance"),
        Index("uq_invoices_external_id", "creditor_id", "external_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date]
    year: Mapped[int]  # of issue: numbers start again each year
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]  # the document's stated total, positive for credit notes too
    credited_minor: Mapped[int | None]  # what a credit note gives back, where that is not its total
    related_number: Mapped[str | None] = mapped_column(String(60))  # the invoice that a credit note corrects
    external_id: Mapped[str | None] = mapped_column(String(80))  # what the creditor's system calls it
    remittance: Mapped[str | None] = mapped_column(String(35))  # what the document asks to be named with a payment
    file_id: Mapped[int | None]  # the original as it came: the e-invoice, or the PDF around it
    pdf: Mapped[str | None] = mapped_column(String(6))  # the issuer's own: `inside` the original, or `around` its XML
    withdrawn_at: Mapped[datetime | None]
    imported_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def credited(self) -> Money:
        """What a credit note gives back: its total, less what the customer kept back or had been given before."""
        minor = self.total_minor if self.credited_minor is None else self.credited_minor
        return Money(minor, self.currency)


class DueItem(DebtorOwned, db.Base):
    """One amount due on one date: what is paid, disputed, promised or put in a plan."""

    __tablename__ = "due_items"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "invoice_id", "position"),
        UniqueConstraint("creditor_id", "reference"),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_due_items_due", "creditor_id", "due_on", "id"),
        Index("ix_due_items_debtor", "creditor_id", "debtor_id", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    position: Mapped[int]
    due_on: Mapped[date]  # as stated on the document
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(25))  # RF creditor reference of its own (rule B-35)
    iban: Mapped[str | None] = mapped_column(String(34))  # where the document names another than the creditor's


class Hold(DebtorOwned, db.Base):
    """Why nobody may chase a due item now. Ends by date or by hand; several may hold one item."""

    __tablename__ = "holds"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_holds_item", "creditor_id", "due_item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    due_item_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(30))  # portal.invoices.holds
    source_id: Mapped[int]  # the answer, notice, attempt or dispute that asked for it
    amount_minor: Mapped[int | None]  # how much of it is contested; none: all of it
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Reservation(DebtorOwned, db.Base):
    """The part of one payment attempt that pays one due item; while open, no other may reserve it (decision 25).

    Written from above by payments, so that `payable_now` sees it without knowing payments (decision 15).
    """

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("creditor_id", "attempt_id", "due_item_id"),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_reservations_open",
            "creditor_id",
            "due_item_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    attempt_id: Mapped[int]
    due_item_id: Mapped[int]
    amount_minor: Mapped[int]
    is_open: Mapped[bool]


class CreditAhead(DebtorOwned, db.Base):
    """A credit booked before its credit note came: the note that comes later takes its place, so that nothing is
    credited twice (portal.invoices.crediting)."""

    __tablename__ = "credits_ahead"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "dispute_id"),
        ForeignKeyConstraint(["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("covered_minor >= 0 AND covered_minor <= amount_minor", name="covered_within"),
        Index("ix_credits_ahead_invoice", "creditor_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    invoice_id: Mapped[int]
    dispute_id: Mapped[int]  # what it comes from: the ledger's source of its entries
    amount_minor: Mapped[int]
    covered_minor: Mapped[int] = mapped_column(default=0)  # of it, by credit notes that came since
    currency: Mapped[str] = mapped_column(String(3))
    booked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # a person said that no note comes for the rest: it stands without one

    @property
    def waits(self) -> Money:
        """What of it no note has come for."""
        return Money(self.amount_minor - self.covered_minor, self.currency)


class CreditCover(DebtorOwned, db.Base):
    """How much of a credit ahead one credit note took the place of."""

    __tablename__ = "credit_covers"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "ahead_id"], ["credits_ahead.creditor_id", "credits_ahead.id"]),
        ForeignKeyConstraint(["creditor_id", "note_id"], ["invoices.creditor_id", "invoices.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_credit_covers_ahead", "creditor_id", "ahead_id"),
        Index("ix_credit_covers_note", "creditor_id", "note_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    ahead_id: Mapped[int]
    note_id: Mapped[int]  # the credit note
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    covered_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]  # a person said that the note is for something else
