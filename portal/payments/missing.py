"""Payments that their provider denies although it had given us their number: never ended in silence (rule B-07).

Their keys may be those of another account, or they were deleted there: they may be paid. Staff are told once, what
they reserve stays reserved, and a person who has looked at the provider ends them.
"""

from portal.core import clock, db, outbox
from portal.core.errors import NotAllowedNow
from portal.core.events import record
from portal.core.text import t
from portal.payments import actions, methods, queries
from portal.payments import events as happened
from portal.payments.models import PaymentAttempt
from portal.payments.states import OPEN, AttemptStatus

TELL = "payments.tell_missing"
NOT_THERE = "not_there"


def denied(attempt: PaymentAttempt) -> None:
    """Notes on a locked attempt that its provider does not know it; the first time staff are told."""
    if attempt.missing_since is not None:
        return
    attempt.missing_since = clock.now()
    record(
        happened.PaymentMissing(
            attempt_id=attempt.id,
            debtor_id=attempt.debtor_id,
            method=attempt.method,
            amount_minor=attempt.amount_minor,
            currency=attempt.currency,
        )
    )
    db.session().flush()
    outbox.put(TELL, attempt.id)


def is_missing(attempt: PaymentAttempt) -> bool:
    """Whether it waits for a person: still open here, and denied there."""
    return attempt.missing_since is not None and attempt.status in OPEN


def give_up(attempt_id: int) -> None:
    """A person looked at the provider and nothing was paid: the attempt ends, and its due items are free again.

    Whatever is heard of it later still wins. Raises NotAllowedNow where it is not missing any more.
    """
    attempt = queries.locked(attempt_id)
    if attempt is None or not is_missing(attempt):
        raise NotAllowedNow(t("This payment is not missing any more. Please look at it again."))
    record(happened.PaymentGivenUp(attempt_id=attempt.id, debtor_id=attempt.debtor_id))
    failed = attempt.status is AttemptStatus.PROCESSING
    standing = methods.Standing.FAILED if failed else methods.Standing.EXPIRED
    actions.learn(attempt, methods.Seen(standing=standing, why=NOT_THERE))
