"""Whatever is heard, in whatever order and however often, ends in the same books (rule B-06).

Seven events, each with what the provider said at that moment: a reading may be old when it is worked off. All
5,040 orders are walked as a tree; orders that have led to the same rows with the same events left go on once.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import db, ids, scope
from portal.core.money import Money
from portal.ledger.models import Receivable, Transfer
from portal.payments import actions, queries
from portal.payments.methods import (
    DisputeSeen,
    DisputeStanding,
    RefundSeen,
    RefundStanding,
    Seen,
    Standing,
    Withheld,
)
from portal.payments.models import CardDispute, PaymentAttempt, Refund
from tests.actors import Debtor
from tests.payments.conftest import KEY, Shop
from tests.payments.test_refunds import card, stripe_card
from tests.payments.test_states import _begun
from tests.payments.test_webhooks import events_of, send

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
PAID: dict[str, Any] = {
    "provider_id": "cs_1", "payment_id": "pi_1", "received": Money(1000, "EUR"), "paid_at": NOW,
}  # fmt: skip
BACK = (
    RefundSeen(provider_id="re_1", reference=None, amount=Money(300, "EUR"), standing=RefundStanding.SUCCEEDED,
               sent_at=NOW),
)  # fmt: skip


def contested(standing: DisputeStanding, *movements: int) -> tuple[DisputeSeen, ...]:
    moved = tuple(Withheld(Money(minor, "EUR"), NOW) for minor in movements)
    return (
        DisputeSeen(provider_id="du_1", amount=Money(500, "EUR"), standing=standing, why="fraudulent",
                    refundable=False, opened_at=NOW, movements=moved),
    )  # fmt: skip


def readings(*, won: bool) -> dict[str, Seen]:
    """What the provider said when each event came about; the last is the whole truth."""
    succeeded, lost = Standing.SUCCEEDED, DisputeStanding.WON if won else DisputeStanding.LOST
    moves = (500, -500) if won else (500,)
    return {
        "completed": Seen(standing=Standing.OPEN, provider_id="cs_1"),
        "processing": Seen(standing=Standing.PROCESSING, provider_id="cs_1", payment_id="pi_1"),
        "expired": Seen(standing=Standing.EXPIRED, provider_id="cs_1"),
        "async_succeeded": Seen(standing=succeeded, **PAID),
        "refunded": Seen(standing=succeeded, **PAID, refunds=BACK),
        "dispute.created": Seen(
            standing=succeeded, **PAID, refunds=BACK, disputes=contested(DisputeStanding.OPEN, 500)
        ),
        "dispute.closed": Seen(standing=succeeded, **PAID, refunds=BACK, disputes=contested(lost, *moves)),
    }


def picture(attempt_id: int, item_id: int) -> tuple[Any, ...]:
    """Everything that a further reading could depend on, without ids and times."""
    session = db.session()
    attempt = session.scalars(select(PaymentAttempt).where(PaymentAttempt.id == attempt_id)).one()
    rows = session.scalars(select(Transfer).where(Transfer.kind != "invoice"))
    books = sorted((r.kind, r.debit, r.credit, r.amount_minor, r.position, str(r.value_on)) for r in rows)
    return (
        attempt.status, attempt.why, tuple(books),
        session.scalars(select(Receivable.open_minor).where(Receivable.id == item_id)).one(),
        tuple(session.scalars(select(Refund.status))),
        tuple(session.execute(select(CardDispute.status, CardDispute.movements)).all()),
    )  # fmt: skip


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)  # a walk through rows: one engine tells
@pytest.mark.parametrize("won", [True, False])
def test_all_5040_orders_and_every_duplicate_end_in_the_same_books(shop: Shop, payer: Debtor, won: bool) -> None:
    [item_id] = shop.account.item_ids(shop.account.add_invoice("1/S", "10.00"))
    ends = all_orders(shop, item_id, readings(won=won), picture)
    assert sum(ends.values()) == 5040
    [end] = ends
    assert (end[0].value, end[3]) == (("won", 300) if won else ("lost", 800))


def all_orders(
    shop: Shop, item_id: int, told: dict[str, Seen], as_seen: Callable[[int, int], tuple[Any, ...]]
) -> dict[Any, int]:
    """How many of all orders of these readings end in which picture, as `as_seen` draws it."""
    attempt_id = _begun(shop, item_id)
    known: dict[tuple[Any, frozenset[str]], dict[Any, int]] = {}

    def walk(left: frozenset[str], heard: tuple[str, ...]) -> dict[Any, int]:
        """How many of the orders of what is left end in which picture."""
        here = picture(attempt_id, item_id)
        if not left:
            return {as_seen(attempt_id, item_id): 1}
        if (here, left) in known:
            return known[here, left]
        found: dict[Any, int] = {}
        for name in sorted(left):
            point = db.session().begin_nested()
            for repeated in (name, name, *heard[-2:]):
                learn(attempt_id, told[repeated])
            for end, count in walk(left - {name}, (*heard, name)).items():
                found[end] = found.get(end, 0) + count
            point.rollback()
            db.session().expire_all()
        known[here, left] = found
        return found

    with db.transaction():
        scope.enter(shop.creditor_id)
        ends = walk(frozenset(told), ())
        db.session().info.pop("events", None)
        db.session().info.pop("on_commit", None)
        db.session().rollback()
    return ends


def bounced_readings(*, ends_as: RefundStanding) -> dict[str, Seen]:
    """A debit that is paid back in part, contested, and taken back whole by the payer's bank, in the midst of it."""
    paid, gone = Standing.SUCCEEDED, {"standing": Standing.BOUNCED, **PAID, "bounced_at": NOW}
    pending = (replace(BACK[0], standing=RefundStanding.PENDING),)
    ended = (replace(BACK[0], standing=ends_as, ended_at=NOW),)
    opened, lost = contested(DisputeStanding.OPEN, 500), contested(DisputeStanding.LOST, 500)
    return {
        "processing": Seen(standing=Standing.PROCESSING, provider_id="cs_1", payment_id="pi_1"),
        "async_succeeded": Seen(standing=paid, **PAID),
        "refunded": Seen(standing=paid, **PAID, refunds=pending),
        "dispute.created": Seen(standing=paid, **PAID, refunds=pending, disputes=opened),
        "bounced": Seen(**gone, refunds=pending, disputes=opened),
        "dispute.closed": Seen(**gone, refunds=pending, disputes=lost),
        "refund.ended": Seen(**gone, refunds=ended, disputes=lost),
    }


def balances(attempt_id: int, item_id: int) -> tuple[Any, ...]:
    """`picture` with the sum of each account in place of the lines: what came and went in one is booked otherwise."""
    status, why, books, *rest = picture(attempt_id, item_id)
    sums: Counter[str] = Counter()
    for _, debit, credit, minor, *_ in books:
        sums.update({debit: minor})
        sums.subtract({credit: minor})
    return (status.value, why, tuple(sorted((name, minor) for name, minor in sums.items() if minor)), *rest)


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)  # a walk through rows: one engine tells
@pytest.mark.parametrize("ends_as", [RefundStanding.FAILED, RefundStanding.SUCCEEDED])
def test_what_ends_after_a_bounce_ends_the_same_in_all_5040_orders(
    shop: Shop, payer: Debtor, ends_as: RefundStanding
) -> None:
    """The bank debit came back; what becomes of its refund and its dispute is still heard, whatever came first."""
    [item_id] = shop.account.item_ids(shop.account.add_invoice("1/S", "10.00"))
    ends = all_orders(shop, item_id, bounced_readings(ends_as=ends_as), balances)
    assert sum(ends.values()) == 5040
    [(status, why, sums, is_open, refunds, disputes)] = ends
    assert (status, why, is_open) == ("failed", "payment_bounced", 1000)
    assert ([one.value for one in refunds], [(one.value, moved) for one, moved in disputes]) == (
        [ends_as.value], [("lost", 1)]
    )  # fmt: skip
    # 10.00 came and went, 5.00 is with the provider, and 3.00 too where the refund got through.
    gone = 500 + (300 if ends_as is RefundStanding.SUCCEEDED else 0)
    assert sums == (("card", -gone), ("withheld", gone))


def learn(attempt_id: int, said: Seen) -> None:
    attempt = queries.locked(attempt_id)
    assert attempt is not None
    actions.learn(attempt, said)


def test_a_debit_that_bounces_whenever_it_is_heard_of(shop: Shop, payer: Debtor) -> None:
    """Old readings after the bounce change nothing: the money does not come back to life."""
    bounced = Seen(standing=Standing.BOUNCED, **PAID, bounced_at=NOW)
    words = [readings(won=True)[name] for name in ("processing", "async_succeeded", "refunded", "expired")]
    for number, order in enumerate(_orders(words)):
        [item_id] = shop.account.item_ids(shop.account.add_invoice(f"{number}/B", "10.00"))
        attempt_id = _begun(shop, item_id)
        for place in range(len(order) + 1):
            told = [*order[:place], bounced, *order[place:]] if place == number % 5 else None
            if told is None:
                continue
            with db.transaction():
                scope.enter(shop.creditor_id)
                for said in told:
                    learn(attempt_id, _as(said, number))
        assert shop.attempts()[-1].status.value == "failed"
        assert shop.open_minor(shop.account.invoice_ids[-1]) == 1000


def _orders(words: list[Seen]) -> list[list[Seen]]:
    randomness = random.Random(7)
    return [randomness.sample(words, len(words)) for _ in range(10)]


def _as(said: Seen, number: int) -> Seen:
    """The same reading of another payment."""
    values = {name: getattr(said, name) for name in said.__slots__}
    values["provider_id"], values["payment_id"] = f"cs_{number}", f"pi_{number}"
    values["refunds"] = tuple(
        RefundSeen(provider_id=f"re_{number}", reference=None, amount=one.amount, standing=one.standing, sent_at=NOW)
        for one in said.refunds
    )
    return Seen(**values)


STEPS: list[tuple[str, Callable[[Shop, str, str], object]]] = [
    ("settle", lambda shop, intent, charge: shop.double.bank.settle(intent)),
    ("refund", lambda shop, intent, charge: shop.double.client(KEY).v1.refunds.create(
        params={"charge": charge, "amount": 100})),
    ("dispute", lambda shop, intent, charge: shop.double.bank.dispute(charge, amount=500)),
    ("lost", lambda shop, intent, charge: shop.double.bank.close_dispute(shop.double.all("dispute")[-1]["id"], won=False)),
]  # fmt: skip


def test_through_the_door_while_the_truth_moves_on(shop: Shop, payer: Debtor) -> None:
    """The same over HTTP: at each step of a bank debit some of what has happened so far is told, twice, shuffled."""
    shop.double.webhooks.hold()
    randomness = random.Random(20261122)
    for number in range(6):
        invoice_id = shop.account.add_invoice(f"{number}/D", "10.00")
        [item_id] = shop.account.item_ids(invoice_id)
        payer.get("/d/pay")
        data = {"csrf_token": payer.csrf(), "command_id": ids.spell(ids.new_id()), "items[]": [ids.spell(item_id)]}
        payer.post("/d/pay/card", data, follow=False)
        session_id = shop.sessions()[-1]["id"]
        shop.double.payer.pay_by_debit(session_id)
        intent = shop.sessions()[-1]["payment_intent"]
        charge = shop.double.all("charge")[-1]["id"]
        for _, step in STEPS:
            so_far = events_of(shop, session_id, intent, charge) * 2
            for event in randomness.sample(so_far, randomness.randint(0, len(so_far))):
                assert send(shop, event) == 204
            step(shop, intent, charge)
        story = events_of(shop, session_id, intent, charge)
        story += [e for e in shop.double.all("event") if e["data"]["object"].get("charge") == charge]
        for event in randomness.sample(story * 2, 2 * len(story)):
            assert send(shop, event) == 204
        assert shop.attempts()[-1].status.value == "lost"
        assert shop.open_minor(invoice_id) == 600
    assert card(shop) == stripe_card(shop)
