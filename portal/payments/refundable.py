"""What may be paid back of a payment, and finding its refunds and disputes (rules B-12, B-13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.core import db
from portal.core.money import Money
from portal.core.text import Text, t
from portal.payments import books, methods
from portal.payments.models import CardDispute, PaymentAttempt, Refund
from portal.payments.states import ARRIVED, RESERVING, CardDisputeStatus, RefundStatus
from portal.web import i18n

R = RefundStatus


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of a payment in one go: what came in, and all that came after it."""

    captured: Money
    refunds: list[Refund]
    disputes: list[CardDispute]


def known_of(attempt: PaymentAttempt) -> Known:
    return Known(books.captured(attempt), of_attempt(attempt.id), disputes_of(attempt.id))


def refundable(attempt: PaymentAttempt, *, but: int | None = None, known: Known | None = None) -> Money:
    """What may still be paid back: captured, less refunds asked for or made, less what disputes hold (B-12).

    `but` leaves one refund out of the count.
    """
    known = known or known_of(attempt)
    asked = sum(one.amount_minor for one in known.refunds if one.status in RESERVING and one.id != but)
    held = sum(
        one.amount_minor
        for one in known.disputes
        if one.status is CardDisputeStatus.LOST or (one.status is CardDisputeStatus.OPEN and not one.refundable)
    )
    return Money(max(0, known.captured.minor - asked - held), attempt.currency)


def why_not_refund(
    attempt: PaymentAttempt, amount: Money | None = None, *, but: int | None = None, known: Known | None = None
) -> Text | None:
    """Why nothing, or not this amount, can be paid back of a payment now; None when it can."""
    if not isinstance(methods.online(attempt.method), methods.Refunding):
        return t("This payment cannot be paid back from here.")
    if attempt.status not in ARRIVED:
        return t("This payment has not arrived: there is nothing to pay back.")
    known = known or known_of(attempt)
    if is_contested(known.disputes):
        return t("The payment is contested at the bank. Until that is decided nothing can be paid back.")
    left = refundable(attempt, but=but, known=known)
    if not left:
        return t("Nothing of this payment is left to pay back.")
    return _why_not_so_much(attempt, amount, left) if amount is not None else None


def is_contested(disputes: Sequence[CardDispute]) -> bool:
    """Whether a dispute is open: paying back as well would pay twice (rule B-13). An inquiry is none."""
    return any(one.status is CardDisputeStatus.OPEN and not one.refundable for one in disputes)


def _why_not_so_much(attempt: PaymentAttempt, amount: Money, left: Money) -> Text | None:
    if amount.currency != attempt.currency or amount > left:
        return t("At most %(amount)s can be paid back.", amount=i18n.money(left))
    if not Money(0, left.currency) < amount:
        return t("Please write more than nought, and at most %(amount)s.", amount=i18n.money(left))
    if books.is_short(attempt, amount):
        return t("Part of this money has been used for another document. Please undo that first.")
    return None


def one(refund_id: int) -> Refund | None:
    """The refund within the scope as it stands now, or None."""
    wanted = select(Refund).where(Refund.id == refund_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted).one_or_none()


def unsettled_since(before: datetime) -> list[tuple[int, int]]:
    """Refunds, each with its payment, that are under way and unchanged since `before`, the oldest first (B-07)."""
    rows = db.session().execute(
        select(Refund.id, Refund.attempt_id)
        .where(Refund.status.in_((R.APPROVED, R.PENDING)), Refund.status_at < before)
        .order_by(Refund.id)
    )
    return [(refund_id, attempt_id) for refund_id, attempt_id in rows]


def of_attempt(attempt_id: int) -> list[Refund]:
    """Every refund of a payment, the oldest first."""
    return list(db.session().scalars(select(Refund).where(Refund.attempt_id == attempt_id).order_by(Refund.id)))


def disputes_of(attempt_id: int) -> list[CardDispute]:
    """Every cardholder's dispute of a payment, the oldest first."""
    wanted = select(CardDispute).where(CardDispute.attempt_id == attempt_id)
    return list(db.session().scalars(wanted.order_by(CardDispute.id)))
