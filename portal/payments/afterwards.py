"""What comes after money has arrived: refunds and disputes taken in, a bank debit that bounces (D.1, B-12, B-13)."""

from portal.core import db
from portal.core.money import Money
from portal.ledger import accounts as ledger_accounts
from portal.ledger import actions as ledger
from portal.payments import books, contested, refunds
from portal.payments import events as happened
from portal.payments.methods import Seen
from portal.payments.models import PaymentAttempt
from portal.payments.states import ARRIVED, MACHINE, AttemptStatus

S = AttemptStatus


def take_in(attempt: PaymentAttempt, seen: Seen) -> None:
    """Every refund and dispute the provider knows of a payment that has arrived, gone again or not: each once."""
    for refund in seen.refunds:
        refunds.learn(attempt, refund)
    for dispute in seen.disputes:
        contested.learn(attempt, dispute)


def bounce(attempt: PaymentAttempt, seen: Seen) -> None:
    """The payer's bank took back what had arrived: what it had settled is open again."""
    amount = books.captured(attempt)
    item_ids = books.take_back(
        attempt,
        amount,
        into=ledger_accounts.CARD,
        source=ledger.Source(books.BOUNCED, attempt.id),
        value_on=books.day(attempt, seen.bounced_at),
        forced=True,
    )
    attempt.why = books.BOUNCED
    bounced = happened.PaymentBounced(
        attempt_id=attempt.id,
        debtor_id=attempt.debtor_id,
        method=attempt.method,
        amount_minor=amount.minor,
        currency=attempt.currency,
        item_ids=item_ids,
    )
    door = MACHINE.move if MACHINE.may(attempt, S.FAILED) else MACHINE.correct
    door(attempt, S.FAILED, bounced)
    contested.release_all(attempt)
    db.session().flush()


def came_and_went(attempt: PaymentAttempt, seen: Seen) -> None:
    """Heard only when the money had gone again: both movements are booked, and nothing was ever settled."""
    if attempt.status in ARRIVED:
        raise ValueError("it had been heard of")
    source, amount = ledger.Source(books.BOUNCED, attempt.id), seen.received
    amount = amount or Money(attempt.amount_minor, attempt.currency)
    legs = (
        (ledger_accounts.CARD, ledger_accounts.WITHHELD, seen.paid_at or seen.bounced_at),
        (ledger_accounts.WITHHELD, ledger_accounts.CARD, seen.bounced_at),
    )
    for position, (debit, credit, at) in enumerate(legs):
        ledger.move(attempt.debtor_id, amount, debit=debit, credit=credit, kind=books.BOUNCED, source=source,
                    value_on=books.day(attempt, at), position=position)  # fmt: skip
    attempt.why = books.BOUNCED
