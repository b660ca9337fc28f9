"""Payments that a cardholder contests at their bank: nothing is chased meanwhile, and only a loss reopens (B-13)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import Hold
from portal.ledger import accounts as ledger_accounts
from portal.ledger import actions as ledger
from portal.payments import books, queries, refundable, standing
from portal.payments import events as happened
from portal.payments.methods import DisputeSeen, DisputeStanding, Withheld
from portal.payments.models import CardDispute, PaymentAttempt
from portal.payments.states import DISPUTES, CardDisputeStatus

D = CardDisputeStatus


def learn(attempt: PaymentAttempt, seen: DisputeSeen) -> None:
    """Brings a dispute of a locked attempt to where the provider says it is, only ever onward.

    What the provider withholds or gives back is booked movement by movement, each once.
    """
    dispute = next((one for one in refundable.disputes_of(attempt.id) if one.provider_id == seen.provider_id), None)
    if dispute is None:
        dispute = _opened(attempt, seen)
    for movement in seen.movements[dispute.movements :]:
        _book(attempt, dispute, movement)
    if dispute.status is D.OPEN:
        dispute.refundable = seen.refundable
    if dispute.status is D.OPEN and seen.standing is DisputeStanding.WON:
        DISPUTES.move(dispute, D.WON, happened.DisputeWon(**_about(dispute)))
        _release(dispute)
    elif dispute.status is D.OPEN and seen.standing is DisputeStanding.LOST:
        DISPUTES.move(dispute, D.LOST, happened.DisputeLost(**_about(dispute)))
    db.session().flush()
    if dispute.status is D.LOST:
        _take_what_is_lost(attempt, dispute)
    standing.refresh(attempt)


def _opened(attempt: PaymentAttempt, seen: DisputeSeen) -> CardDispute:
    dispute = CardDispute(
        id=ids.new_id(),
        debtor_id=attempt.debtor_id,
        attempt_id=attempt.id,
        provider_id=seen.provider_id,
        amount_minor=seen.amount.minor,
        currency=seen.amount.currency,
        reason=seen.why,
        refundable=seen.refundable,
        movements=0,
        answer_by=seen.answer_by,
        opened_at=seen.opened_at,
    )
    zone = creditors.by_id(attempt.creditor_id).time_zone
    answer_by = clock.day_of(seen.answer_by, zone) if seen.answer_by else None
    opened = happened.PaymentDisputed(**_about(dispute), why=dispute.reason, answer_by=answer_by)
    DISPUTES.begin(dispute, D.OPEN, opened)
    db.session().add(dispute)
    db.session().flush()
    for item in [] if books.has_bounced(attempt) else queries.paid_items(attempt):
        invoices.hold(item, holds.CONTESTED, dispute.id, None)
    standing.refresh(attempt)
    return dispute


def _book(attempt: PaymentAttempt, dispute: CardDispute, movement: Withheld) -> None:
    """Taken from the account, or given back: between the card account and what the provider withholds."""
    out, back = ledger_accounts.CARD, ledger_accounts.WITHHELD
    debit, credit = (back, out) if movement.amount.minor > 0 else (out, back)
    ledger.move(
        attempt.debtor_id,
        Money(abs(movement.amount.minor), movement.amount.currency),
        debit=debit,
        credit=credit,
        kind=books.DISPUTE,
        source=ledger.Source(books.DISPUTE, dispute.id),
        value_on=books.day(attempt, movement.at),
        position=dispute.movements,
    )
    dispute.movements += 1


def _take_what_is_lost(attempt: PaymentAttempt, dispute: CardDispute) -> None:
    """What is withheld for good reopens what it had settled; asked again, it finds nothing left to take."""
    source = ledger.Source(books.DISPUTE_LOST, dispute.id)
    kept = books.balance(ledger_accounts.WITHHELD, (ledger.Source(books.DISPUTE, dispute.id), source))
    if kept > 0:
        books.take_back(
            attempt,
            Money(kept, dispute.currency),
            into=ledger_accounts.WITHHELD,
            source=source,
            value_on=books.day(attempt),
            forced=True,
        )


def _about(dispute: CardDispute) -> dict[str, Any]:
    reserved = queries.reservations(dispute.attempt_id)
    return {
        "attempt_id": dispute.attempt_id,
        "dispute_id": dispute.id,
        "debtor_id": dispute.debtor_id,
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "item_ids": tuple(one.due_item_id for one in reserved),
    }


def _release(dispute: CardDispute) -> None:
    """Its documents rest no longer for this dispute; another one of the same document is not touched."""
    for one in queries.reservations(dispute.attempt_id):
        invoices.release(one.due_item_id, holds.CONTESTED, source_id=dispute.id)


def rests(disputes: Sequence[CardDispute]) -> bool:
    """Whether one of a payment's disputes was lost and its documents still wait for a person."""
    return any(holding(one.id) for one in disputes if one.status is D.LOST)


def holding(dispute_id: int) -> bool:
    """Whether documents rest for this dispute."""
    wanted = select(Hold.id).where(Hold.reason == holds.CONTESTED, Hold.source_id == dispute_id, holds.running())
    return db.session().scalar(wanted.limit(1)) is not None


def let_go_on(attempt: PaymentAttempt) -> None:
    """A person decided: after a lost dispute the documents no longer rest. One that is open goes on resting."""
    for dispute in refundable.disputes_of(attempt.id):
        if dispute.status is D.LOST:
            _release(dispute)


def release_all(attempt: PaymentAttempt) -> None:
    """The money came and went: there is nothing left to contest."""
    for dispute in refundable.disputes_of(attempt.id):
        _release(dispute)
