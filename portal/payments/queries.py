"""Finding attempts to pay and what belongs to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from portal.core import clock, db, scope
from portal.debtors.visits import Current
from portal.invoices import queries as invoices
from portal.invoices.holds import TRANSFER_ON_ITS_WAY
from portal.invoices.models import Hold, Reservation
from portal.invoices.queries import Item
from portal.ledger import queries as ledger
from portal.ledger.actions import Source
from portal.ledger.models import Receivable
from portal.payments import accounts
from portal.payments.models import PaymentAttempt, TransferNotice
from portal.payments.states import OPEN, AttemptStatus

CARD = "stripe"
SOURCE = "payment_attempt"  # what a payment's postings come from (portal.ledger.actions.Source)


def is_card_offered(creditor_id: int) -> bool:
    """Whether this creditor, the one in scope, takes cards now (decisions 23 and 26)."""
    return scope.current().creditor_id == creditor_id and accounts.is_offered(CARD)


def attempt(attempt_id: int) -> PaymentAttempt | None:
    """The attempt within the scope as it stands in the database now, or None."""
    return (
        db.session()
        .scalars(
            select(PaymentAttempt).where(PaymentAttempt.id == attempt_id).execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def locked(attempt_id: int) -> PaymentAttempt | None:
    """As `attempt`; nobody else changes it until this transaction ends."""
    return (
        db.session()
        .scalars(
            select(PaymentAttempt)
            .where(PaymentAttempt.id == attempt_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def recent(debtor_id: int, limit: int = 10) -> list[PaymentAttempt]:
    """The debtor's latest attempts, the newest first."""
    return list(
        db.session().scalars(
            select(PaymentAttempt)
            .where(PaymentAttempt.debtor_id == debtor_id)
            .order_by(PaymentAttempt.id.desc())
            .limit(limit)
        )
    )


def came_for(attempt_ids: Sequence[int]) -> dict[int, set[int]]:
    """The due items that each of these payments was begun for."""
    found: dict[int, set[int]] = {}
    wanted = select(Reservation.attempt_id, Reservation.due_item_id).where(Reservation.attempt_id.in_(attempt_ids))
    for attempt_id, item_id in db.session().execute(wanted) if attempt_ids else ():
        found.setdefault(attempt_id, set()).add(item_id)
    return found


def latest_of_visit(visit: Current) -> PaymentAttempt | None:
    """The last attempt that was begun in this visit."""
    return db.session().scalar(
        select(PaymentAttempt)
        .where(PaymentAttempt.visit_id.in_(visit.numbers))
        .order_by(PaymentAttempt.id.desc())
        .limit(1)
    )


def unsettled_since(before: datetime) -> list[int]:
    """Ids of attempts that have been open and unchanged since `before`, the longest unasked first (rule B-07)."""
    return list(
        db.session().scalars(
            select(PaymentAttempt.id)
            .where(PaymentAttempt.status.in_(OPEN), PaymentAttempt.status_at < before)
            .order_by(func.coalesce(PaymentAttempt.asked_at, PaymentAttempt.created_at))
        )
    )


def latest_at_provider(account_id: int) -> str | None:
    """The provider's number of the last payment that was begun on this account."""
    return db.session().scalar(
        select(PaymentAttempt.provider_id)
        .where(PaymentAttempt.account_id == account_id, PaymentAttempt.provider_id.is_not(None))
        .order_by(PaymentAttempt.id.desc())
        .limit(1)
    )


def open_on(account_id: int) -> list[int]:
    """Attempts whose page may be open on this account."""
    wanted = PaymentAttempt.status.in_((AttemptStatus.CREATED, AttemptStatus.REDIRECTED))
    return list(
        db.session().scalars(select(PaymentAttempt.id).where(PaymentAttempt.account_id == account_id, wanted))
    )


def reservations(attempt_id: int) -> list[Reservation]:
    """What the attempt pays, in the order in which it was reserved."""
    return list(
        db.session().scalars(select(Reservation).where(Reservation.attempt_id == attempt_id).order_by(Reservation.id))
    )


def paid_items(found: PaymentAttempt) -> list[Item]:
    """The due items of an attempt, earliest due first."""
    return invoices.items([one.due_item_id for one in reservations(found.id)])


def booked(found: PaymentAttempt) -> list[ledger.Booked]:
    """Where its money went; what belongs to no due item is the debtor's unallocated credit."""
    return ledger.booked_by(Source(SOURCE, found.id))


def open_attempt_of(item_id: int) -> int | None:
    """The open attempt that reserves this due item, or None."""
    return db.session().scalar(
        select(Reservation.attempt_id).where(Reservation.due_item_id == item_id, Reservation.is_open)
    )


def items_for(visit: Current, item_ids: Sequence[int] | None = None, *, lock: bool = False) -> list[Item]:
    """The due items that this visit may pay: its link's invoice or all, of these `item_ids` those that are theirs.

    With `lock` nobody books on them until this transaction ends, so that what is read is what is reserved.
    """
    if lock and item_ids is not None:
        _lock(item_ids)
    if item_ids is None:
        return invoices.items_of_debtor(visit.debtor_id, visit.invoice_id)
    return [
        item
        for item in invoices.items(item_ids)
        if item.debtor_id == visit.debtor_id and visit.invoice_id in {None, item.invoice_id}
    ]


def locked_items(item_ids: Sequence[int]) -> list[Item]:
    """These due items; nobody books on them until this transaction ends."""
    _lock(item_ids)
    return invoices.items(item_ids)


def _lock(item_ids: Sequence[int]) -> None:
    db.session().scalars(
        select(Receivable.id).where(Receivable.id.in_(item_ids)).order_by(Receivable.id).with_for_update()
    ).all()


def choosable_for(visit: Current, item_ids: Sequence[int] | None = None) -> list[Item]:
    """As `items_for`; a page at a provider whose time is over stands in nobody's way any more.

    Only for showing: whoever starts anew closes it at the provider first (rule B-10).
    """
    items = items_for(visit, item_ids)
    reserving = {item.reserved_by for item in items if item.reserved_by is not None}
    if not reserving:
        return items
    over = set(
        db.session().scalars(
            select(PaymentAttempt.id).where(
                PaymentAttempt.id.in_(reserving),
                PaymentAttempt.status.in_((AttemptStatus.CREATED, AttemptStatus.REDIRECTED)),
                PaymentAttempt.expires_at <= clock.now(),
            )
        )
    )
    return [replace(item, reserved_by=None) if item.reserved_by in over else item for item in items]


def for_visit(visit: Current, attempt_id: int, kept_attempt: int | None = None) -> PaymentAttempt | None:
    """The attempt, if this visit may look at it: what it began, or what lies within its link.

    The paper's code shows no history (decision 5): only its own attempts, or the one it was led to.
    """
    found = attempt(attempt_id)
    if found is None or found.visit_id in visit.numbers:
        return found
    if not visit.may_answer and kept_attempt != attempt_id:
        return None
    if visit.invoice_id is not None and {i.invoice_id for i in paid_items(found)} != {visit.invoice_id}:
        return None
    return found


def age(found: PaymentAttempt) -> timedelta:
    return clock.now() - found.created_at


def notice(visit: Current, notice_id: int) -> TransferNotice | None:
    """What was said about a transfer on its way, if this visit may see it: said in it, or within its link's reach."""
    if not visit.may_answer:
        return None
    found = db.session().scalars(select(TransferNotice).where(TransferNotice.id == notice_id)).one_or_none()
    if found is None or found.visit_id in visit.numbers or visit.invoice_id is None:
        return found
    held = select(Hold.due_item_id).where(Hold.reason == TRANSFER_ON_ITS_WAY, Hold.source_id == notice_id)
    about = {item.invoice_id for item in invoices.items(list(db.session().scalars(held)))}
    return found if about == {visit.invoice_id} else None
