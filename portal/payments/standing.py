"""Where money that arrived stands now: drawn from its refunds and disputes, never set by hand (rule B-06)."""

from sqlalchemy import select

from portal.core import db
from portal.payments import books
from portal.payments import events as happened
from portal.payments.models import CardDispute, PaymentAttempt, Refund
from portal.payments.states import ARRIVED, GONE, MACHINE, stands


def refresh(attempt: PaymentAttempt) -> None:
    """Moves a locked attempt to where its refunds and disputes put it; by the loud door where no edge leads."""
    if attempt.status not in ARRIVED:
        return
    refunded = sum(
        db.session().scalars(
            select(Refund.amount_minor).where(Refund.attempt_id == attempt.id, Refund.status.in_(GONE))
        )
    )
    disputes = list(db.session().scalars(select(CardDispute.status).where(CardDispute.attempt_id == attempt.id)))
    target = stands(books.captured(attempt).minor, refunded, disputes)
    if target is attempt.status:
        return
    event = happened.PaymentStands(
        attempt_id=attempt.id,
        debtor_id=attempt.debtor_id,
        standing=target.value,
        amount_minor=books.captured(attempt).minor,
        refunded_minor=refunded,
        currency=attempt.currency,
    )
    door = MACHINE.move if MACHINE.may(attempt, target) else MACHINE.correct
    door(attempt, target, event)
    db.session().flush()
