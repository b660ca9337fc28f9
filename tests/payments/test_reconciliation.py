"""The nightly comparison: to the cent, payment by payment, each creditor on its own, said once (rule B-07)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, events, ids, jobs, scope
from portal.core.money import Money
from portal.doubles.mailbox import Mailbox
from portal.ledger import actions as ledger
from portal.payments import accounts, reconciliation
from portal.payments.jobs import compare_day, compare_nights
from portal.payments.methods import Movement
from portal.payments.models import BalanceCheck
from portal.payments.states import CheckStatus
from portal.settings import Settings, Smtp
from tests.actors import Debtor
from tests.payments.conftest import KEY, Shop, choose_card
from tests.payments.test_contested import debit, dispute
from tests.payments.test_refunds import pay, pay_back

ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return replace(settings, smtp=Smtp("127.0.0.1", mailbox.smtp_port, sender="noreply@portal.test"))


def compare(shop: Shop, day: date | None = None) -> list[BalanceCheck] | None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        return compare_day(day or clock.today())


def checks(shop: Shop) -> list[BalanceCheck]:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        return list(session.scalars(select(BalanceCheck).order_by(BalanceCheck.day, BalanceCheck.id)))


def one_cent_more(shop: Shop) -> None:
    """A mistake in the books: a cent that Stripe knows nothing of."""
    [attempt] = shop.attempts()
    with db.transaction():
        scope.enter(shop.creditor_id)
        ledger.keep_as_credit(attempt.debtor_id, Money(1, "EUR"), account="card", kind="payment",
                              source=ledger.Source("payment_attempt", attempt.id + 1), value_on=clock.today())  # fmt: skip


def told(mailbox: Mailbox) -> list[str]:
    return [mail.subject for mail in mailbox.messages if "amministrazione@rossi.example" in mail.recipients]


def test_everything_that_can_happen_agrees(shop: Shop, payer: Debtor, mailbox: Mailbox) -> None:
    attempt = pay(shop, payer, "4000000000005126")
    pay_back(shop, attempt.id, 1000)
    shop.double.advance(timedelta(minutes=1))
    shop.double.clock.skew -= timedelta(minutes=1)
    shop.deliver()
    pay_back(shop, attempt.id, 500)
    lost = dispute(shop, amount=20000)
    shop.double.bank.close_dispute(lost, won=False)
    won = dispute(shop, amount=300)
    shop.double.bank.close_dispute(won, won=True)
    shop.deliver()
    debit(shop, payer)
    shop.double.bank.settle(shop.double.all("payment_intent")[-1]["id"])
    shop.deliver()
    shop.double.bank.bounce(shop.double.all("charge")[-1]["id"])
    shop.deliver()
    [check] = compare(shop) or []
    assert (check.status, check.difference_minor, check.details) == (CheckStatus.EQUAL, 0, [])
    assert (
        check.provider_minor == check.ledger_minor == sum(t["amount"] for t in shop.double.all("balance_transaction"))
    )
    jobs.work_off()
    assert told(mailbox) == []
    assert shop.events("balance.") == []


def test_the_first_cent_is_said_once(shop: Shop, payer: Debtor, mailbox: Mailbox) -> None:
    pay(shop, payer)
    one_cent_more(shop)
    for _ in range(3):
        [check] = compare(shop) or []
        jobs.work_off()
    assert (check.status, check.difference_minor) == (CheckStatus.DIFFERENT, -1)
    assert (check.provider_minor, check.ledger_minor) == (123456, 123457)
    assert len(checks(shop)) == 1
    assert len(told(mailbox)) == 1
    assert shop.events("balance.") == ["balance.differs"]
    [said] = shop.event_data("balance.differs")
    assert (said["difference_minor"], said["day"]) == (-1, clock.today().isoformat())
    one_cent_more_again(shop)
    compare(shop)
    jobs.work_off()
    assert shop.events("balance.") == ["balance.differs"] * 2
    assert len(told(mailbox)) == 2


def one_cent_more_again(shop: Shop) -> None:
    [attempt] = shop.attempts()
    with db.transaction():
        scope.enter(shop.creditor_id)
        ledger.keep_as_credit(attempt.debtor_id, Money(1, "EUR"), account="card", kind="payment",
                              source=ledger.Source("payment_attempt", attempt.id + 2), value_on=clock.today())  # fmt: skip


def test_two_mistakes_do_not_hide_each_other(shop: Shop, payer: Debtor) -> None:
    """A cent too much on one payment and a cent too little on another: the day's sum would be right."""
    movements = [moved("a", 500, 12), moved("b", 700, 12)]
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        found = reconciliation.compare(DAY, movements, "Europe/Rome")
    assert [one.difference for one in found] == [1200]
    assert {one.payment for one in found[0].differences} == {ids.spell(NAMES["a"]), ids.spell(NAMES["b"])}


DAY = date(2026, 11, 20)
NAMES = {"a": 1 << 40, "b": 1 << 41}


def moved(name: str, minor: int, hour: int, day: date = DAY) -> Movement:
    at = datetime(day.year, day.month, day.day, hour, tzinfo=ROME)
    return Movement(movement_id=f"txn_{name}_{hour}", at=at, amount=Money(minor, "EUR"), payment_id=None,
                    reference=ids.spell(NAMES[name]))  # fmt: skip


def booked(shop: Shop, name: str, minor: int, day: date, kind: str = "payment_attempt") -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        ledger.keep_as_credit(shop.account.debtor_id, Money(minor, "EUR"), account="card", kind="payment",
                              source=ledger.Source(kind, NAMES[name]), value_on=day)  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "books", "differs"),
    [
        ([(500, DAY)], [(500, DAY)], 0),
        ([(500, DAY)], [(500, DAY + timedelta(days=1))], 0),  # one side just after midnight
        ([(500, DAY)], [(500, DAY + timedelta(days=2))], 500),
        ([(500, DAY)], [(499, DAY)], 1),
        ([(500, DAY), (-500, DAY + timedelta(days=1))], [], 500),  # came and went: the days' sum is nought
        ([], [(500, DAY)], -500),
        ([], [], 0),
    ],
)
def test_a_movement_around_midnight_is_no_difference(
    shop: Shop, provider: list[tuple[int, date]], books: list[tuple[int, date]], differs: int
) -> None:
    for minor, day in books:
        booked(shop, "a", minor, day)
    movements = [moved("a", minor, 12, day) for minor, day in provider]
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        [found] = reconciliation.compare(DAY, movements, "Europe/Rome")
    assert found.difference == differs
    assert bool(found.differences) is (differs != 0)


def test_the_creditors_other_sales_are_left_out(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    params = {
        "mode": "payment",
        "success_url": "http://127.0.0.1:9/",
        "line_items": [
            {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Viti"}}}
        ],
    }
    client = shop.double.client(KEY)
    shop.double.payer.pay_by_card(client.v1.checkout.sessions.create(params=params).id)  # type: ignore[arg-type]
    client.v1.refunds.create(params={"charge": shop.double.all("charge")[-1]["id"], "amount": 100})
    shop.deliver()
    [check] = compare(shop) or []
    assert (check.status, check.provider_minor) == (CheckStatus.EQUAL, 123456)


def test_what_was_only_not_heard_of_is_mended_and_not_alarmed(shop: Shop, payer: Debtor, mailbox: Mailbox) -> None:
    choose_card(payer)
    shop.double.webhooks.drop()
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    [check] = compare(shop) or []
    assert (check.status, check.ledger_minor, shop.open_minor()) == (CheckStatus.EQUAL, 123456, 0)


def test_a_payment_that_we_lost_is_an_alarm(shop: Shop, payer: Debtor) -> None:
    """Money that names a payment which is not in our rows: after a restore, for example."""
    client = shop.double.client(KEY)
    params = {
        "mode": "payment",
        "success_url": "http://127.0.0.1:9/",
        "payment_intent_data": {"metadata": {"attempt": ids.spell(NAMES["a"])}},
        "line_items": [
            {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Doc"}}}
        ],
    }
    shop.double.payer.pay_by_card(client.v1.checkout.sessions.create(params=params).id)  # type: ignore[arg-type]
    [check] = compare(shop) or []
    assert check.details == [[ids.spell(NAMES["a"]), 900, 0]]


def test_more_movements_than_fit_on_a_page(shop: Shop, payer: Debtor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.payments.methods.stripe.reports.PAGE", 5)
    attempt = pay(shop, payer)
    client = shop.double.client(KEY)
    charge = shop.double.all("charge")[0]["id"]
    shop.double.webhooks.drop()
    for _ in range(8):
        client.v1.refunds.create(params={"charge": charge, "amount": 1})
    [check] = compare(shop) or []
    assert (check.status, check.provider_minor) == (CheckStatus.EQUAL, 123448)
    pages = [one for one in shop.double.requests if one.line == "GET /v1/balance_transactions"]
    assert len(pages) == 2
    assert shop.attempts()[0].id == attempt.id


def test_each_night_once_and_missed_nights_are_made_up(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    now = clock.now().astimezone(ROME)
    early = (now + timedelta(days=1)).replace(hour=1, minute=0)
    with time_machine.travel(early):
        compare_nights()
        assert checks(shop) == []
    with time_machine.travel(early.replace(hour=4)):
        compare_nights()
        asked = len(shop.double.requests)
        assert [one.day for one in checks(shop)][-1] == now.date()
        compare_nights()
        assert len(shop.double.requests) == asked
    before = len(checks(shop))
    with time_machine.travel(early.replace(hour=4) + timedelta(days=3)):
        compare_nights()
    assert len(checks(shop)) == before + 3


def test_without_an_answer_nothing_is_kept_and_it_is_asked_again(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    shop.double.faults.fail(times=1, status=500, on="GET /v1/balance_transactions")
    assert compare(shop) is None
    assert checks(shop) == []
    assert [one.status for one in compare(shop) or []] == [CheckStatus.EQUAL]


def test_a_connected_account_is_compared_alone(shop: Shop, payer: Debtor) -> None:
    """A platform's key sees many accounts; the day is that of the account that is paid (B-02)."""
    pay(shop, payer)
    shop.double.accounts.add("acct_1Verdi")
    shop.double.accounts.connect("acct_1RossiImpianti", "acct_1Verdi")
    with db.transaction():
        scope.enter(shop.creditor_id)
        accounts.configure("stripe", secrets={}, options={"account": "acct_1Verdi"}, enabled=True)
    found = [(one.account, one.status, one.provider_minor) for one in compare(shop) or []]
    assert found == [("acct_1Verdi", CheckStatus.EQUAL, 0), ("own", CheckStatus.EQUAL, 123456)]


def test_agreeing_again_is_said_too(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    with db.transaction():
        scope.enter(shop.creditor_id)
        events.act_as(events.SYSTEM)
        wrong = reconciliation.Compared("EUR", 1, 0, (reconciliation.Difference(ids.spell(1), 1, 0),))
        reconciliation.keep("stripe", "own", clock.today(), wrong)
    compare(shop)
    assert shop.events("balance.") == ["balance.differs", "balance.agrees"]
