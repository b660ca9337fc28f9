"""What the papers of an account are made of, read from the books at the moment."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Select, Subquery, case, func, or_, select

from portal.account_papers import settlements, statements
from portal.account_papers.settlements import Settlement
from portal.account_papers.statements import Account, Due, Entry, Note
from portal.core import clock, db
from portal.core.money import Money
from portal.core.outbox import DONE, OutboxRow
from portal.interest.actions import COUNT
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice, Reservation
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus

# What else makes a settled due item uncertain, from features that this one does not know (portal.reactions fills it):
# each a query over items with an id, true where it finds a row.
doubts: list[Callable[[Subquery], Select[Any]]] = []
OWED = (accounts.RECEIVABLE, accounts.UNALLOCATED)


def account(debtor_id: int, day: date, zone: str) -> list[Account]:
    """The debtor's account as of `day` (inclusive, in the creditor's `zone`), one per currency, euro first."""
    return statements.fold(day, dues(debtor_id, zone), notes(debtor_id), entries(debtor_id), last_day)


def dues(debtor_id: int, zone: str) -> list[Due]:
    """All due items of the debtor, those of withdrawn invoices too."""
    rows = (
        db.session()
        .execute(
            select(
                DueItem.id, DueItem.invoice_id, Invoice.number, Invoice.issued_on, DueItem.due_on, DueItem.position,
                Invoice.withdrawn_at,
            )
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(DueItem.debtor_id == debtor_id)
            .order_by(DueItem.id)
        )
        .all()
    )  # fmt: skip
    parts = Counter(row.invoice_id for row in rows)
    return [
        Due(*row[:6], parts[row.invoice_id], clock.day_of(row.withdrawn_at, zone) if row.withdrawn_at else None)
        for row in rows
    ]


def notes(debtor_id: int) -> list[Note]:
    """The debtor's credit notes, with what each gives back."""
    rows = db.session().execute(
        select(
            Invoice.id,
            Invoice.number,
            Invoice.issued_on,
            func.coalesce(Invoice.credited_minor, Invoice.total_minor),
            Invoice.currency,
            Invoice.related_number,
        )
        .where(Invoice.debtor_id == debtor_id, Invoice.kind == "credit_note")
        .order_by(Invoice.id)
    )  # fmt: skip
    return [
        Note(note_id, number, issued_on, Money(minor, currency), related)
        for note_id, number, issued_on, minor, currency, related in rows
    ]


def entries(debtor_id: int) -> list[Entry]:
    """Every line of the books about the debtor, in the order in which they were booked."""
    rows = db.session().execute(
        select(
            Transfer.id, Transfer.value_on, Transfer.kind, Transfer.debit, Transfer.credit, Transfer.receivable_id,
            Transfer.amount_minor, Transfer.currency, Transfer.origin_kind, Transfer.origin_id,
        )
        .where(
            Transfer.debtor_id == debtor_id,
            or_(Transfer.debit.in_(OWED), Transfer.credit.in_(OWED)),
        )
        .order_by(Transfer.posted_at, Transfer.id)
    )  # fmt: skip
    return [
        Entry(row[0], row[1], row[2], row[3], row[4], row[5], Money(row[6], row[7]), row[8], row[9]) for row in rows
    ]


def settlement(debtor_id: int, invoice_id: int | None, zone: str) -> Settlement | None:
    """What a settlement letter may say now of one invoice, or of all; None where there is none (`is_settled`)."""
    if not is_settled(debtor_id, invoice_id):
        return None
    asked = [due for due in dues(debtor_id, zone) if invoice_id in {None, due.invoice_id}]
    return settlements.settlement(asked, entries(debtor_id))


def is_settled(debtor_id: int, invoice_id: int | None) -> bool:
    """Whether something is there, nothing of it is open or uncertain, and money or credit alone brought it there.

    Asked of the books at the moment, in one query: a payment that is only on its way is not in them, one that
    went back has opened its due items again. Uncertain is what a payment settled that a cardholder contests, or
    that the bank perhaps takes back, and a document whose interest is still to be counted.
    """
    standing = (
        select(DueItem.id, DueItem.invoice_id, Receivable.open_minor, Receivable.interest_waits_from)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(DueItem.debtor_id == debtor_id, Invoice.withdrawn_at.is_(None))
    )
    if invoice_id is not None:
        standing = standing.where(DueItem.invoice_id == invoice_id)
    items = standing.subquery()
    doubtful = or_(
        items.c.interest_waits_from.is_not(None),
        *(one(items).exists() for one in (_contested, _from_contested, _settled_otherwise, _to_be_counted, *doubts)),
    )
    count, most_open, in_doubt = (
        db.session()
        .execute(
            select(func.count(), func.max(items.c.open_minor), func.max(case((doubtful, 1), else_=0))).select_from(
                items
            )
        )
        .one()
    )
    return bool(count) and not most_open and not in_doubt


def _contested(items: Subquery) -> Select[Any]:
    return (
        select(Reservation.id)
        .join(PaymentAttempt, PaymentAttempt.id == Reservation.attempt_id)
        .where(Reservation.due_item_id == items.c.id, PaymentAttempt.status == AttemptStatus.DISPUTED)
    )


def _from_contested(items: Subquery) -> Select[Any]:
    """Settled from the debtor's credit, while any payment of theirs is contested: the credit may be recalled."""
    return (
        select(Transfer.id)
        .join(PaymentAttempt, PaymentAttempt.debtor_id == Transfer.debtor_id)
        .where(
            Transfer.receivable_id == items.c.id,
            Transfer.debit == accounts.UNALLOCATED,
            PaymentAttempt.status == AttemptStatus.DISPUTED,
        )
    )


def _settled_otherwise(items: Subquery) -> Select[Any]:
    """Lines that lowered a due item and are neither money nor credit, nor a charge that was taken back."""
    charged = (accounts.SALES, accounts.INTEREST, accounts.COSTS)
    return select(Transfer.id).where(
        Transfer.receivable_id == items.c.id,
        Transfer.credit == accounts.RECEIVABLE,
        Transfer.debit.not_in((*settlements.PAYING, *charged)),
    )


def _to_be_counted(items: Subquery) -> Select[Any]:
    """The interest of the last days is counted when that day is over (portal.interest)."""
    return select(OutboxRow.id).where(
        OutboxRow.kind == COUNT, OutboxRow.subject_id == items.c.invoice_id, OutboxRow.state != DONE
    )
