"""Every move of an attempt that there is, and none besides; the provider's word only leads onward (D-01)."""

import itertools

import pytest
from sqlalchemy.orm.exc import StaleDataError

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.payments import actions, queries
from portal.payments import events as happened
from portal.payments.methods import Seen, Standing
from portal.payments.models import CardDispute, PaymentAttempt, Refund
from portal.payments.states import (
    ARRIVED,
    DISPUTES,
    MACHINE,
    OPEN,
    REFUNDS,
    AttemptStatus,
    CardDisputeStatus,
    RefundStatus,
    stands,
)
from tests.actors import Debtor
from tests.payments.conftest import Shop, choose_card

S = AttemptStatus
ALLOWED = {
    (S.CREATED, S.REDIRECTED),
    (S.CREATED, S.FAILED),
    (S.CREATED, S.EXPIRED),
    (S.CREATED, S.CANCELLED),
    (S.REDIRECTED, S.PROCESSING),
    (S.REDIRECTED, S.SUCCEEDED),
    (S.REDIRECTED, S.FAILED),
    (S.REDIRECTED, S.EXPIRED),
    (S.REDIRECTED, S.CANCELLED),
    (S.PROCESSING, S.SUCCEEDED),
    (S.PROCESSING, S.FAILED),
    (S.SUCCEEDED, S.PARTIALLY_REFUNDED),
    (S.SUCCEEDED, S.REFUNDED),
    (S.SUCCEEDED, S.DISPUTED),
    (S.SUCCEEDED, S.FAILED),
    (S.PARTIALLY_REFUNDED, S.REFUNDED),
    (S.PARTIALLY_REFUNDED, S.DISPUTED),
    (S.PARTIALLY_REFUNDED, S.SUCCEEDED),
    (S.REFUNDED, S.PARTIALLY_REFUNDED),
    (S.REFUNDED, S.SUCCEEDED),
    (S.REFUNDED, S.WON),
    (S.DISPUTED, S.WON),
    (S.DISPUTED, S.LOST),
    (S.WON, S.REFUNDED),
    (S.WON, S.DISPUTED),
    (S.LOST, S.DISPUTED),
}
ABOUT = {"attempt_id": 1, "debtor_id": 1}
MONEY = {"method": "stripe", "amount_minor": 100, "currency": "EUR"}
EVENTS = {
    S.REDIRECTED: happened.PaymentRedirected(**ABOUT),
    S.PROCESSING: happened.PaymentProcessing(**ABOUT, **MONEY, item_ids=(1,)),
    S.SUCCEEDED: happened.PaymentSucceeded(**ABOUT, **MONEY, item_ids=(1,)),
    S.FAILED: happened.PaymentFailed(**ABOUT, **MONEY, why="x"),
    S.EXPIRED: happened.PaymentExpired(**ABOUT),
    S.CANCELLED: happened.PaymentCancelled(**ABOUT),
    S.CREATED: happened.PaymentCreated(**ABOUT, **MONEY, item_ids=(1,)),
}
STANDS = happened.PaymentStands(**ABOUT, standing="x", amount_minor=100, refunded_minor=1, currency="EUR")
BOUNCED = happened.PaymentBounced(**ABOUT, **MONEY, item_ids=(1,))


def fitting(old: AttemptStatus, new: AttemptStatus) -> object:
    """The one event that makes this move."""
    if old in ARRIVED:
        return BOUNCED if new is S.FAILED else STANDS
    return EVENTS[new]


def test_every_pair_of_statuses(house: object) -> None:
    """From each status to each with each event: only the edges, and only with their own event."""
    with db.transaction():
        scope.enter(1)
        for old, new, event in itertools.product(S, S, [*EVENTS.values(), STANDS, BOUNCED]):
            row = PaymentAttempt(status=old)
            fits = (old, new) in ALLOWED and event is fitting(old, new)
            if fits:
                MACHINE.move(row, new, event)
            else:
                with pytest.raises(NotAllowedNow):
                    MACHINE.move(row, new, event)
            assert row.status is (new if fits else old)
        db.session().info.pop("events")


def test_only_open_attempts_reserve() -> None:
    terminal = {one for one in S if not any(old is one for old, _ in ALLOWED)}
    assert set(OPEN) == set(S) - terminal - set(ARRIVED)
    assert terminal == {S.FAILED, S.EXPIRED, S.CANCELLED}


R, D = RefundStatus, CardDisputeStatus
OF_REFUND = {"attempt_id": 1, "refund_id": 2, "debtor_id": 1, "amount_minor": 100, "currency": "EUR"}
OF_DISPUTE = {**ABOUT, "dispute_id": 3, "amount_minor": 100, "currency": "EUR", "item_ids": (1,)}
REFUND_EVENTS = {
    R.REQUESTED: happened.RefundRequested(**OF_REFUND),
    R.APPROVED: happened.RefundApproved(**OF_REFUND),
    R.DECLINED: happened.RefundDeclined(**OF_REFUND),
    R.PENDING: happened.RefundSent(**OF_REFUND),
    R.SUCCEEDED: happened.PaymentRefunded(**OF_REFUND),
    R.FAILED: happened.RefundFailed(**OF_REFUND),
    R.CANCELLED: happened.RefundCancelled(**OF_REFUND),
}
REFUND_EDGES = {
    (R.REQUESTED, R.APPROVED), (R.REQUESTED, R.DECLINED), (R.APPROVED, R.PENDING), (R.APPROVED, R.FAILED),
    (R.PENDING, R.SUCCEEDED), (R.PENDING, R.FAILED), (R.PENDING, R.CANCELLED), (R.SUCCEEDED, R.FAILED),
    (R.SUCCEEDED, R.CANCELLED),
}  # fmt: skip
DISPUTE_EVENTS = {
    D.OPEN: happened.PaymentDisputed(**OF_DISPUTE, why="fraudulent"),
    D.WON: happened.DisputeWon(**OF_DISPUTE),
    D.LOST: happened.DisputeLost(**OF_DISPUTE),
}


@pytest.mark.parametrize(
    ("machine", "make", "edges", "made_by"),
    [
        (REFUNDS, Refund, REFUND_EDGES, REFUND_EVENTS),
        (DISPUTES, CardDispute, {(D.OPEN, D.WON), (D.OPEN, D.LOST)}, DISPUTE_EVENTS),
    ],
    ids=["refund", "dispute"],
)
def test_every_pair_of_what_comes_afterwards(house, machine, make, edges, made_by) -> None:
    """From each status to each with each event: only the edges, and only with their own event."""
    with db.transaction():
        scope.enter(1)
        for old, new, event in itertools.product(made_by, made_by, made_by.values()):
            row = make(status=old)
            fits = (old, new) in edges and event is made_by[new]
            if fits:
                machine.move(row, new, event)
            else:
                with pytest.raises(NotAllowedNow):
                    machine.move(row, new, event)
            assert row.status is (new if fits else old)
        db.session().info.pop("events")


def test_where_money_stands_is_drawn_from_the_facts() -> None:
    facts = itertools.product([0, 40, 100], itertools.chain.from_iterable(
        itertools.combinations_with_replacement(D, count) for count in range(3)))  # fmt: skip
    for refunded, disputes in facts:
        found = stands(100, refunded, list(disputes))
        for order in itertools.permutations(disputes):
            assert stands(100, refunded, list(order)) is found
        if D.OPEN in disputes:
            assert found is S.DISPUTED
        elif D.LOST in disputes:
            assert found is S.LOST
        elif refunded == 100:
            assert found is S.REFUNDED
        elif D.WON in disputes:
            assert found is S.WON
        else:
            assert found is (S.PARTIALLY_REFUNDED if refunded else S.SUCCEEDED)


FAR = [{S.CREATED}, {S.REDIRECTED}, {S.PROCESSING}, {S.FAILED, S.EXPIRED, S.CANCELLED}, {S.SUCCEEDED}]
WORDS = [one for one in Standing if one is not Standing.BOUNCED]  # that one ends everything: its own test below
LEADS = {
    Standing.OPEN: S.REDIRECTED,
    Standing.PROCESSING: S.PROCESSING,
    Standing.FAILED: S.FAILED,
    Standing.EXPIRED: S.EXPIRED,
    Standing.SUCCEEDED: S.SUCCEEDED,
}
WAYS = {
    S.CREATED: [],
    S.REDIRECTED: [Standing.OPEN],
    S.PROCESSING: [Standing.OPEN, Standing.PROCESSING],
    S.FAILED: [Standing.OPEN, Standing.FAILED],
    S.EXPIRED: [Standing.OPEN, Standing.EXPIRED],
    S.SUCCEEDED: [Standing.OPEN, Standing.SUCCEEDED],
}


def rank(status: AttemptStatus) -> int:
    return next(place for place, group in enumerate(FAR) if status in group)


def test_whatever_the_provider_says_leads_onward_and_books_once(shop: Shop, payer: Debtor) -> None:
    """Each status, then each word of the provider, then success: an amount comes in exactly once."""
    for number, (status, word) in enumerate(itertools.product([*WAYS, S.CANCELLED], WORDS)):
        invoice_id = shop.account.add_invoice(f"{number}/S", "10.00")
        [item_id] = shop.account.item_ids(invoice_id)
        attempt_id = _begun(shop, item_id)
        for said in WAYS.get(status, [Standing.OPEN, Standing.EXPIRED]):
            _learn(shop, attempt_id, said, stopped=status is S.CANCELLED)
        assert _status(shop, attempt_id) is status
        _learn(shop, attempt_id, word)
        expected = LEADS[word] if rank(LEADS[word]) > rank(status) else status
        assert _status(shop, attempt_id) is expected, (status, word)
        assert _is_reserved(shop, item_id) is (expected in OPEN), (status, word)
        assert shop.open_minor(invoice_id) == (0 if expected is S.SUCCEEDED else 1000)
        _learn(shop, attempt_id, Standing.SUCCEEDED)
        _learn(shop, attempt_id, Standing.SUCCEEDED)
        assert _status(shop, attempt_id) is S.SUCCEEDED
        assert shop.open_minor(invoice_id) == 0
        assert [row for row in shop.books() if row[3] == item_id] == [("card", "receivable", 1000, item_id)]


def _begun(shop: Shop, item_id: int) -> int:
    attempt_id = ids.new_id()
    with db.transaction() as session:
        scope.enter(shop.creditor_id)
        attempt = PaymentAttempt(
            id=attempt_id,
            debtor_id=shop.account.debtor_id,
            method="stripe",
            amount_minor=1000,
            currency="EUR",
            language="it",
            idempotency_key=str(attempt_id),
            expires_at=clock.now(),
            created_at=clock.now(),
        )
        created = happened.PaymentCreated(
            attempt_id=attempt_id, debtor_id=shop.account.debtor_id, **MONEY, item_ids=(item_id,)
        )
        MACHINE.begin(attempt, S.CREATED, created)
        session.add(attempt)
        session.add(_reservation(attempt_id, shop.account.debtor_id, item_id))
    return attempt_id


def _reservation(attempt_id: int, debtor_id: int, item_id: int) -> queries.Reservation:
    return queries.Reservation(
        id=ids.new_id(),
        debtor_id=debtor_id,
        attempt_id=attempt_id,
        due_item_id=item_id,
        amount_minor=1000,
        is_open=True,
    )


def _learn(shop: Shop, attempt_id: int, said: Standing, *, stopped: bool = False) -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.locked(attempt_id)
        assert attempt is not None
        received = Money(1000, "EUR") if said is Standing.SUCCEEDED else None
        actions.learn(attempt, Seen(standing=said, received=received), stopped=stopped)


def _status(shop: Shop, attempt_id: int) -> AttemptStatus:
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        attempt = queries.attempt(attempt_id)
        assert attempt is not None
        return attempt.status


def _is_reserved(shop: Shop, item_id: int) -> bool:
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        return queries.open_attempt_of(item_id) is not None


@pytest.mark.parametrize(("received", "books", "open_minor", "excess"), [
    (1000, [("receivable", 1000)], 0, 0),
    (1200, [("receivable", 1000), ("unallocated", 200)], 0, 200),
    (700, [("receivable", 700)], 300, 0),
])  # fmt: skip
def test_what_came_in_is_what_is_booked(
    shop: Shop, received: int, books: list[tuple[str, int]], open_minor: int, excess: int
) -> None:
    invoice_id = shop.account.add_invoice("1/S", "10.00")
    attempt_id = _begun(shop, shop.account.item_ids(invoice_id)[0])
    _learn(shop, attempt_id, Standing.OPEN)
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.locked(attempt_id)
        assert attempt is not None
        actions.learn(attempt, Seen(standing=Standing.SUCCEEDED, received=Money(received, "EUR")))
    assert [(credit, minor) for _, credit, minor, _ in shop.books()] == books
    assert shop.open_minor(invoice_id) == open_minor
    assert shop.event_data("payment.succeeded")[0]["excess_minor"] == excess
    assert shop.event_data("payment.succeeded")[0]["amount_minor"] == received


def test_a_stale_write_is_refused(shop: Shop, payer: Debtor) -> None:
    """Two hold the same attempt: the version tells the second that it is late."""
    choose_card(payer)
    [attempt] = shop.attempts()
    with pytest.raises(StaleDataError):
        _learn_late(shop, attempt.id)
    assert shop.statuses() == ["redirected"]


def _learn_late(shop: Shop, attempt_id: int) -> None:
    with db.transaction() as session:
        scope.enter(shop.creditor_id)
        found = queries.attempt(attempt_id)
        assert found is not None
        session.connection().exec_driver_sql("UPDATE payment_attempts SET version = version + 1")
        actions.learn(found, Seen(standing=Standing.EXPIRED))
