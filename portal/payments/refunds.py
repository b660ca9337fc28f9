"""Paying back: asked for by one person, approved by another, carried out at the provider, booked once (rule B-12).

Another feature asks with `request(…, source=…)` and hears by the events `payment.refunded`,
`payment.refund_failed`, `payment.refund_cancelled` and `payment.refund_declined`, which carry that source.
"""

from typing import Any

from portal.core import clock, db, ids, outbox
from portal.core.errors import NotAllowedNow, NotFound
from portal.core.money import Money
from portal.core.text import t
from portal.ledger import accounts as ledger_accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.payments import books, queries, standing
from portal.payments import events as happened
from portal.payments.methods import RefundSeen, RefundStanding
from portal.payments.models import PaymentAttempt, Refund
from portal.payments.refundable import of_attempt, one, why_not_refund
from portal.payments.states import REFUNDS, RefundStatus

R = RefundStatus
CARRY_OUT = "payments.carry_out_refund"
PROVIDER, SYSTEM = "provider", "system"  # who asked, where no person did
ELSEWHERE = "made_at_the_provider"
LONGEST_WORDS = 300
FOUR_EYES = t("Who asks for a refund cannot approve it. Please let a colleague decide.")
_FAR = {R.REQUESTED: 0, R.DECLINED: 0, R.APPROVED: 0, R.PENDING: 1, R.SUCCEEDED: 2, R.FAILED: 3, R.CANCELLED: 3}
_LEADS_TO = {
    RefundStanding.PENDING: R.PENDING,
    RefundStanding.SUCCEEDED: R.SUCCEEDED,
    RefundStanding.FAILED: R.FAILED,
    RefundStanding.CANCELLED: R.CANCELLED,
}


def request(
    attempt: PaymentAttempt, amount: Money, *, by: str, reason: str, source: tuple[str, int] | None = None
) -> Refund:
    """Asks for `amount` of a payment to be paid back; another person approves or declines it.

    `by` names who asks as `portal.people.sessions.Person.who` does, or is `system`. `reason` is for colleagues.
    `source` (kind, id) is what another feature asks it for. Raises NotAllowedNow with the reason why not.
    """
    locked = _locked_attempt(attempt.id)
    why_not = why_not_refund(locked, amount)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    refund = _new(locked, amount, by=by, reason=reason[:LONGEST_WORDS], source=source)
    REFUNDS.begin(refund, R.REQUESTED, happened.RefundRequested(**_about(refund)))
    db.session().add(refund)
    db.session().flush()
    return refund


def approve(refund_id: int, *, by: str) -> None:
    """A second person agrees: the books are changed now, the provider is asked right after the commit.

    The caller has checked that this person's role may approve. Raises NotFound, or NotAllowedNow for the person
    who asked, for a refund that is decided already, and where too little is left to pay back.
    """
    refund, attempt = _locked(refund_id)
    _still_open(refund)
    if by == refund.requested_by or by in {PROVIDER, SYSTEM}:
        raise NotAllowedNow(FOUR_EYES)
    why_not = why_not_refund(attempt, Money(refund.amount_minor, refund.currency), but=refund.id)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    refund.decided_by, refund.decided_at = by, clock.now()
    item_ids = _take(attempt, refund, forced=False)
    REFUNDS.move(refund, R.APPROVED, happened.RefundApproved(**_about(refund), item_ids=item_ids))
    db.session().flush()
    outbox.put(CARRY_OUT, refund.id)


def decline(refund_id: int, *, by: str, why: str) -> None:
    """A person says no; `why` is for colleagues. Nothing was touched. Raises NotFound or NotAllowedNow."""
    refund, _ = _locked(refund_id)
    _still_open(refund)
    refund.decided_by = by if by != refund.requested_by else None  # taking one's own request back is no decision
    refund.decided_at, refund.why = clock.now(), why[:LONGEST_WORDS]
    REFUNDS.move(refund, R.DECLINED, happened.RefundDeclined(**_about(refund)))
    db.session().flush()


def _still_open(refund: Refund) -> None:
    if refund.status is not R.REQUESTED:
        raise NotAllowedNow(t("This is decided already: %(now)s.", now=refund.status.label))


def learn(attempt: PaymentAttempt, seen: RefundSeen) -> None:
    """Brings a refund of a locked attempt to where the provider says it is; one made there by hand is taken in.

    Only ever onward: pending, succeeded, failed or cancelled, whatever was heard first (rule B-06).
    """
    refund = _named(attempt, seen)
    if refund is None:
        refund = _made_elsewhere(attempt, seen)
    elif refund.provider_id is None:
        _accepted(attempt, refund, seen)
    target = _LEADS_TO[seen.standing]
    if _FAR[target] <= _FAR[refund.status]:
        return
    if target is R.SUCCEEDED:
        items = tuple(sorted(_items_of(refund)))
        REFUNDS.move(refund, R.SUCCEEDED, happened.PaymentRefunded(**_about(refund), item_ids=items))
    else:
        _undo(attempt, refund, seen, target)
    db.session().flush()
    standing.refresh(attempt)


def refuse(refund_id: int, why: str) -> None:
    """The provider said a definite no: nothing went back, and the payment counts as before."""
    refund, attempt = _locked(refund_id)
    if refund.status is not R.APPROVED:
        return
    refund.why = why
    books.give_again(attempt, refund.id, books.day(attempt))
    REFUNDS.move(refund, R.FAILED, happened.RefundFailed(**_about(refund), why=why))
    db.session().flush()


def _named(attempt: PaymentAttempt, seen: RefundSeen) -> Refund | None:
    """The refund that the provider's one is: by its id there, else by the reference that we gave it."""
    known = of_attempt(attempt.id)
    by_id = next((one for one in known if one.provider_id == seen.provider_id), None)
    if by_id is not None:
        return by_id
    fitting = [one for one in known if one.provider_id is None and ids.spell(one.id) == seen.reference]
    return fitting[0] if fitting and fitting[0].amount_minor == seen.amount.minor else None


def _made_elsewhere(attempt: PaymentAttempt, seen: RefundSeen) -> Refund:
    refund = _new(attempt, seen.amount, by=PROVIDER, reason=ELSEWHERE, source=None)
    refund.provider_id = seen.provider_id
    item_ids = _take(attempt, refund, forced=True)
    _leave(attempt, refund, seen)
    sent = happened.RefundSent(**_about(refund), elsewhere=True, item_ids=item_ids)
    REFUNDS.begin(refund, R.PENDING, sent)
    db.session().add(refund)
    db.session().flush()
    standing.refresh(attempt)
    return refund


def _accepted(attempt: PaymentAttempt, refund: Refund, seen: RefundSeen) -> None:
    """The provider has taken it on. Where we had given it up, its word wins by the loud door."""
    refund.provider_id = seen.provider_id
    as_planned = refund.status is R.APPROVED
    item_ids = _items_of(refund) if as_planned else _take(attempt, refund, forced=True)
    _leave(attempt, refund, seen)
    door = REFUNDS.move if as_planned else REFUNDS.correct
    door(refund, R.PENDING, happened.RefundSent(**_about(refund), item_ids=tuple(sorted(item_ids))))
    db.session().flush()
    standing.refresh(attempt)


def _undo(attempt: PaymentAttempt, refund: Refund, seen: RefundSeen, target: RefundStatus) -> None:
    """It did not arrive after all: the money is with the creditor again, and what is owed is as before it."""
    value_on = books.day(attempt, seen.ended_at)
    source = ledger.Source(books.REFUND_BACK, refund.id)
    ledger.move(refund.debtor_id, seen.amount, debit=ledger_accounts.CARD, credit=ledger_accounts.REFUNDS,
                kind=books.REFUND_BACK, source=source, value_on=value_on,
                position=ledger_queries.postings_of(source))  # fmt: skip
    books.give_again(attempt, refund.id, value_on)
    if target is R.FAILED:
        refund.why = (seen.why or "unknown")[:LONGEST_WORDS]
        REFUNDS.move(refund, R.FAILED, happened.RefundFailed(**_about(refund), why=refund.why))
    else:
        REFUNDS.move(refund, R.CANCELLED, happened.RefundCancelled(**_about(refund)))


def _take(attempt: PaymentAttempt, refund: Refund, *, forced: bool) -> tuple[int, ...]:
    return books.take_back(
        attempt,
        Money(refund.amount_minor, refund.currency),
        into=ledger_accounts.REFUNDS,
        source=ledger.Source(books.REFUND, refund.id),
        value_on=books.day(attempt),
        forced=forced,
    )


def _leave(attempt: PaymentAttempt, refund: Refund, seen: RefundSeen) -> None:
    """The money leaves the creditor's account, on the provider's day."""
    source = ledger.Source(books.REFUND_SENT, refund.id)
    ledger.move(refund.debtor_id, seen.amount, debit=ledger_accounts.REFUNDS, credit=ledger_accounts.CARD,
                kind=books.REFUND_SENT, source=source, value_on=books.day(attempt, seen.sent_at),
                position=ledger_queries.postings_of(source))  # fmt: skip


def _items_of(refund: Refund) -> set[int]:
    """The due items that it reopened."""
    booked = ledger_queries.booked_by(ledger.Source(books.REFUND, refund.id))
    return {one.item_id for one in booked if one.item_id is not None}


def _new(attempt: PaymentAttempt, amount: Money, *, by: str, reason: str, source: tuple[str, int] | None) -> Refund:
    refund_id = ids.new_id()
    return Refund(
        id=refund_id,
        debtor_id=attempt.debtor_id,
        attempt_id=attempt.id,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason,
        source_kind=source[0] if source else None,
        source_id=source[1] if source else None,
        requested_by=by,
        idempotency_key=f"refund-{ids.spell(refund_id)}",
        created_at=clock.now(),
    )


def _about(refund: Refund) -> dict[str, Any]:
    """What every event of a refund says."""
    return {
        "attempt_id": refund.attempt_id,
        "refund_id": refund.id,
        "debtor_id": refund.debtor_id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "source_kind": refund.source_kind,
        "source_id": refund.source_id,
    }


def _locked(refund_id: int) -> tuple[Refund, PaymentAttempt]:
    """A refund and its payment; nobody else changes either until this transaction ends."""
    found = one(refund_id)
    if found is None:
        raise NotFound(t("There is nothing here."))
    attempt = _locked_attempt(found.attempt_id)
    fresh = one(refund_id)
    if fresh is None:
        raise NotFound(t("There is nothing here."))
    return fresh, attempt


def _locked_attempt(attempt_id: int) -> PaymentAttempt:
    found = queries.locked(attempt_id)
    if found is None:
        raise NotFound(t("There is nothing here."))
    return found
