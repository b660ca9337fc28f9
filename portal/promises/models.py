"""A promise: the day on which somebody says they will pay, what of, and every day that they named for it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.money import Money
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn
from portal.promises.states import PromiseStatus


class Promise(DebtorOwned, db.Base):
    """What is promised until when. `amount_minor` is the sum of its lines."""

    __tablename__ = "promises"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_promises_debtor", "creditor_id", "debtor_id", "status"),
        Index("ix_promises_day", "creditor_id", "status", "pay_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int | None]
    pay_on: Mapped[date]  # the day named last
    amount_minor: Mapped[int]
    paid_minor: Mapped[int] = mapped_column(default=0)  # in time, as last judged; never more than was promised
    currency: Mapped[str] = mapped_column(String(3))
    remind: Mapped[bool] = mapped_column(default=False)  # they asked for a note the day before
    reminded_for: Mapped[date | None]  # the day that they have been reminded of
    made_at: Mapped[datetime]
    status: Mapped[PromiseStatus] = mapped_column(StatusColumn(PromiseStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class PromiseLine(DebtorOwned, db.Base):
    """What of one due item is promised; an item has one open promise at a time."""

    __tablename__ = "promise_lines"
    __table_args__ = (
        UniqueConstraint("creditor_id", "promise_id", "due_item_id"),
        ForeignKeyConstraint(["creditor_id", "promise_id"], ["promises.creditor_id", "promises.id"]),
        ForeignKeyConstraint(["creditor_id", "due_item_id"], ["due_items.creditor_id", "due_items.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_promise_lines_item", "creditor_id", "due_item_id"),
        Index(
            "uq_promise_lines_open",
            "creditor_id",
            "due_item_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    promise_id: Mapped[int]
    due_item_id: Mapped[int]
    amount_minor: Mapped[int]
    is_open: Mapped[bool]


class PromiseTerm(DebtorOwned, db.Base):
    """A day that was named for a promise, the first and every later one; never changed."""

    __tablename__ = "promise_terms"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "promise_id"], ["promises.creditor_id", "promises.id"]),
        Index("ix_promise_terms_promise", "creditor_id", "promise_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    promise_id: Mapped[int]
    visit_id: Mapped[int | None]
    pay_on: Mapped[date]
    said_at: Mapped[datetime]
