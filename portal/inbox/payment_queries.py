"""Payments as the creditor's people look for them: a list by state, one with all that came after it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select

from portal.core import db
from portal.core.events import EventRow
from portal.debtors.models import Debtor
from portal.inbox import cursors, timeline
from portal.inbox.timeline import Entry
from portal.payments.models import BalanceCheck, PaymentAttempt, Refund
from portal.payments.states import OPEN, CheckStatus, RefundStatus
from portal.payments.states import AttemptStatus as S
from portal.web import paging

WAITING = "waiting"
GROUPS: dict[str, tuple[S, ...]] = {
    "": (),
    WAITING: (),
    "paid": (S.SUCCEEDED, S.WON),
    "processing": (S.PROCESSING,),
    "back": (S.PARTIALLY_REFUNDED, S.REFUNDED),
    "contested": (S.DISPUTED,),
    "lost": (S.LOST,),
    "failed": (S.FAILED,),
    "open": (S.CREATED, S.REDIRECTED),
    "left": (S.EXPIRED, S.CANCELLED),
}
MOST_ENTRIES, MOST_CHECKS = 100, 10
# What waits for a person, by the event that said so; some of it however long that takes.
TO_SEE_TO = (
    "payment.refund_requested", "payment.refund_failed", "payment.disputed", "payment.dispute_lost",
    "payment.bounced", "payment.missing", "balance.differs",
)  # fmt: skip
UNTIL_DECIDED = ("payment.disputed", "payment.refund_requested", "payment.missing", "balance.differs")


def to_see_to() -> list[ColumnElement[bool]]:
    """The conditions under which events of TO_SEE_TO still wait for a person (rules B-07, B-12, B-13)."""
    name, subject = EventRow.name, EventRow.subject_id

    def refund_is(wanted: RefundStatus) -> ColumnElement[bool]:
        return select(Refund.id).where(Refund.attempt_id == subject, Refund.status == wanted).exists()

    def payment_is(wanted: S) -> ColumnElement[bool]:
        return select(PaymentAttempt.id).where(PaymentAttempt.id == subject, PaymentAttempt.status == wanted).exists()

    missing = select(PaymentAttempt.id).where(
        PaymentAttempt.id == subject, PaymentAttempt.missing_since.is_not(None), PaymentAttempt.status.in_(OPEN)
    )
    different = select(BalanceCheck.id).where(
        BalanceCheck.id == subject, BalanceCheck.status == CheckStatus.DIFFERENT
    )
    return [
        and_(name == "payment.refund_requested", refund_is(RefundStatus.REQUESTED)),
        and_(name == "payment.refund_failed", refund_is(RefundStatus.FAILED)),
        and_(name == "payment.disputed", payment_is(S.DISPUTED)),
        and_(name == "payment.dispute_lost", payment_is(S.LOST)),
        and_(name == "payment.bounced", payment_is(S.FAILED)),
        and_(name == "payment.missing", missing.exists()),
        and_(name == "balance.differs", different.exists()),
    ]


@dataclass(frozen=True, slots=True)
class Row:
    attempt: PaymentAttempt
    debtor: str


def page(group: str, cursor: str | None) -> paging.Page[Row]:
    """Payments of one group (a key of GROUPS), the newest first; `waiting`: a refund of theirs is to be decided."""
    found = select(PaymentAttempt, Debtor.name).join(Debtor, Debtor.id == PaymentAttempt.debtor_id)
    if group == WAITING:
        asked = select(Refund.attempt_id).where(Refund.status == RefundStatus.REQUESTED)
        found = found.where(PaymentAttempt.id.in_(asked))
    elif GROUPS[group]:
        found = found.where(PaymentAttempt.status.in_(GROUPS[group]))
    last = cursors.row_id(cursor)
    if last is not None:
        found = found.where(PaymentAttempt.id < last)
    rows = db.session().execute(found.order_by(PaymentAttempt.id.desc()).limit(paging.PAGE_SIZE + 1))
    return paging.page([Row(row[0], row[1]) for row in rows], lambda row: (row.attempt.id, row.attempt.id))


def waiting() -> int:
    """How many refunds wait for a second person."""
    found = select(func.count()).select_from(Refund).where(Refund.status == RefundStatus.REQUESTED)
    return db.session().scalar(found) or 0


def story(attempt_id: int) -> list[Entry]:
    """What happened to one payment, the newest first."""
    rows = db.session().execute(
        timeline.events()
        .where(and_(EventRow.subject_kind == "attempt", EventRow.subject_id == attempt_id))
        .order_by(EventRow.seq.desc())
        .limit(MOST_ENTRIES)
    )
    return [timeline.entry(row) for row in rows]


def differing() -> list[BalanceCheck]:
    """The days on which the provider and the books differ, the latest first."""
    found = select(BalanceCheck).where(BalanceCheck.status == CheckStatus.DIFFERENT)
    return list(db.session().scalars(found.order_by(BalanceCheck.day.desc(), BalanceCheck.id).limit(MOST_CHECKS)))
