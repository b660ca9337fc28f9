"""The sums against the full count: after anything that can be booked, moved or taken back, on any day."""

import logging
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm.exc import StaleDataError

from portal.core import clock, db, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.insights import expected, figures, reading, summed
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.people.roles import Role
from portal.summaries import actions, jobs, queries
from portal.summaries.models import FigureCount, FigureSum
from portal.web.edge import PortalFlask
from tests.factories.people import make_person, sign_in
from tests.factories.world import Account, make_account, make_creditor
from tests.parallel import at_once
from tests.summaries.world import World, within

ROME = "Europe/Rome"
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(NOON, tick=False) as clocks:
        yield clocks


def same_on(account: Account, day: date) -> None:
    """Every figure of the page, from the sums and from all rows."""

    def compare() -> None:
        assert queries.whole()
        assert summed.currencies(day) == reading.currencies(day)
        for currency in ("EUR", "USD"):
            ours, full = summed.books(day, currency, ROME), reading.books(day, currency, ROME)
            assert weighed(ours.paid) == weighed(full.paid)
            for name in ("steps", "month_ago", "opening_minor", "apart_minor", "months", "cashed_minor"):
                assert getattr(ours, name) == getattr(full, name), (name, day, currency)
            assert summed.trend(day, currency, ROME) == reading.trend(day, currency, ROME), (day, currency)
            assert summed.in_time(day, currency, ROME) == expected.in_time(day, currency, ROME), (day, currency)

    within(account, compare)


def weighed(paid: Any) -> dict[int, int]:
    """By days late: several due dates may be as late."""
    found: dict[int, int] = {}
    for minor, days in paid:
        found[days] = found.get(days, 0) + minor
    return found


def count(account: Account) -> int:
    return jobs.count(account.creditor_id)


def any_day(dice: Random) -> date:
    return clock.today() + timedelta(days=dice.randrange(-230, 10))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_booked_the_sums_are_the_full_count_on_any_day(app: PortalFlask, monday: Any, seed: int) -> None:
    account, dice = make_account(), Random(seed)
    other = make_account(make_creditor("altri"))
    other.add_invoice()
    count(account)
    world = World(account, seed)
    for _ in range(5):
        for _ in range(12):
            world.act()
        monday.shift(timedelta(days=dice.randrange(4), hours=dice.randrange(12)))
        for day in (any_day(dice), any_day(dice), clock.today(), clock.today().replace(day=1)):
            same_on(account, day)
    assert count(account) == 0, "nor does the nightly count find anything"
    same_on(account, any_day(dice))


def test_the_first_count_finds_what_was_there_before(app: PortalFlask) -> None:
    account = make_account()
    world = World(account, 7)
    for _ in range(40):
        world.act()
    within(account, lambda: db.changed(delete(FigureSum)))  # as after the migration
    assert within(account, queries.whole) is False
    assert count(account) == 0, "what was never whole is no alarm"
    for back in (0, 5, 60, 150):
        same_on(account, clock.today() - timedelta(days=back))


def _page(app: PortalFlask, account: Account) -> str:
    email = f"{clock.today().isoformat()}@rossi.example"
    manager = sign_in(app, make_person(account.creditor_id, Role.MANAGER, email))
    manager.get("/c/figures")
    return manager.text


def test_a_planted_drift_is_found_said_and_put_right(
    app: PortalFlask, monday: Any, caplog: pytest.LogCaptureFixture
) -> None:
    account = make_account()
    account.add_invoice("1/2026", "100.00", due_in=-40)
    account.add_invoice("2/2026", "50.00", due_in=10)
    jobs.count_figures()
    with db.engine().begin() as raw:
        if raw.dialect.name == "postgresql":
            raw.execute(text(f"SELECT set_config('portal.creditor_id', '{account.creditor_id}', true)"))
        raw.execute(text("UPDATE figure_sums SET amount_minor = amount_minor + 700 WHERE kind = 'open'"))
    wrong = within(account, lambda: figures.figures(clock.today(), "EUR", ROME))
    assert wrong.books.open_minor == 16_400, "nobody would see it on the page"
    monday.shift(timedelta(days=1))
    with caplog.at_level(logging.ERROR):
        jobs.count_figures()
    assert "sums of the figures differed" in caplog.text
    assert within(account, lambda: figures.figures(clock.today(), "EUR", ROME)).books.open_minor == 15_000
    same_on(account, clock.today())
    told = within(
        account, lambda: db.session().scalar(select(EventRow.data).where(EventRow.name == "figures.put_right"))
    )
    assert (told["sums"], told["kinds"]) == (4, "open")
    assert within(account, queries.head).differed == 4
    assert "Sums that differed and were put right: 4." in _page(app, account)
    monday.shift(timedelta(days=1))
    caplog.clear()
    jobs.count_figures()
    assert "differed" not in caplog.text
    assert within(account, queries.head).differed == 0
    assert "Every sum was right." in _page(app, account)


def test_it_counts_once_a_day(app: PortalFlask, monday: Any) -> None:
    account = make_account()
    jobs.count_figures()
    first = within(account, queries.head).run
    jobs.count_figures()
    assert within(account, queries.head).run == first
    monday.shift(timedelta(days=1))
    jobs.count_figures()
    assert within(account, queries.head).run == first + 1


def test_a_payment_between_the_count_and_its_keeping_is_lost_to_nobody(app: PortalFlask) -> None:
    account = make_account()
    world = World(account, 3)
    for _ in range(20):
        world.act()
    within(account, lambda: db.changed(update(FigureSum).values(items=FigureSum.items + 1)))
    with db.transaction(writes=False, frozen=True):
        scope.enter(account.creditor_id)
        found = actions.recount()
    for _ in range(10):
        world.act()
    assert within(account, lambda: actions.put_right(found))
    assert not within(account, lambda: actions.put_right(found)), "of two counts at once one is kept"
    same_on(account, clock.today())


def test_rows_of_one_key_become_one(app: PortalFlask) -> None:
    account = make_account()
    world = World(account, 5)
    count(account)
    for _ in range(40):
        world.act()
    rows = select(func.count(FigureSum.id))
    before, was = within(account, lambda: db.session().scalar(rows)), within(account, queries.kept)
    while within(account, lambda: actions.fold(7)):
        pass
    after = within(account, lambda: db.session().scalar(rows))
    assert after == len(was) < before
    assert within(account, queries.kept) == was


def test_a_history_that_is_being_written_is_counted_in_full_until_it_is_whole(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    count(account)
    within(account, actions.set_back)
    assert within(account, queries.whole) is False
    assert within(account, lambda: db.session().scalar(select(FigureCount.run))) == 2
    count(account)
    assert within(account, queries.whole) is True


def test_who_sees_some_customers_alone_never_sees_the_sums_of_all(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    count(account)
    for narrow in ({"debtor_id": account.debtor_id}, {"reach": 12345}):
        with db.transaction(writes=False):
            scope.enter(account.creditor_id, **narrow)
            assert not queries.whole()
    with db.transaction(writes=False):
        scope.enter(account.creditor_id, reach=12345)
        assert summed.books(clock.today(), "EUR", ROME).open_minor == 0
        assert db.session().scalars(select(FigureSum)).all() == []


def test_who_pays_and_who_takes_back_at_the_same_moment(app: PortalFlask) -> None:
    """Whoever comes second sees what the first has done: the nightly count finds nothing."""
    account = make_account()
    invoice_ids = [account.add_invoice(f"{n}/2026", "100.00", due_in=-40) for n in range(4)]
    count(account)

    def act(number: int) -> None:
        invoice_id = invoice_ids[number % 4]
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            if number % 3 == 0:
                invoices.withdraw(session.get_one(Invoice, invoice_id))
                return
            (item,) = invoice_queries.items_of_debtor(account.debtor_id, invoice_id, only_open=False)
            if number % 3 == 1:
                session.get_one(DueItem, item.item_id).due_on += timedelta(days=number)
                return
            invoices.settle_item(item, Money(1_000, "EUR"), account=accounts.CARD, kind="payment",
                                 source=Source("test", number), value_on=clock.today())  # fmt: skip

    outcomes = at_once(16, act)
    assert {type(one) for one in outcomes} <= {type(None), StaleDataError}, outcomes
    assert count(account) == 0
    same_on(account, clock.today())
    same_on(account, clock.today() - timedelta(days=1))
