"""An ERP's month by API and webhooks, with lost answers, repeats and deaths on both sides: equal to the cent (9.6)."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from portal.core import clock, db, ids, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.disputes import actions as disputes
from portal.disputes import reasons as dispute_reasons
from portal.doubles.erp import ErpReceiver
from portal.doubles.serving import LoopbackServer
from portal.elsewhere.models import ElsewherePayment
from portal.invoices.models import Invoice
from portal.ledger import queries as ledger
from portal.settings import Settings
from portal.web.edge import PortalFlask
from portal.wiring import create_app
from tests.actors import Debtor
from tests.api.conftest import make_system
from tests.factories import webhooks
from tests.factories.world import Account
from tests.payments.conftest import Post, Shop, english
from tests.proof.erp import Erp, Line
from tests.proof.month import DAYS, Month
from tests.security.everything import Owner

MONDAY = datetime(2027, 3, 1, 8, tzinfo=UTC)


class Portal:
    """The portal behind a port; it can be away, and comes back as a new process would: same database, new app."""

    def __init__(self, app: PortalFlask, settings: Settings, post: Post) -> None:
        self.app, self.settings, self.post = app, settings, post
        self.server = LoopbackServer(app).start()

    def restart(self) -> None:
        self.server.stop()
        db.disconnect()
        self.app = create_app(self.settings)
        self.post.app = self.app
        self.server = LoopbackServer(self.app, self.server.port).start()


@pytest.fixture
def portal(app: PortalFlask, settings: Settings, post: Post) -> Iterator[Portal]:
    running = Portal(app, settings, post)
    yield running
    running.server.stop()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_month_ends_with_books_equal_to_the_cent(
    shop: Shop, portal: Portal, settings: Settings, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    customers = [shop.account, shop.another_debtor()]
    key = make_system(portal.app, shop.account).key
    secrets: list[str] = []
    with ErpReceiver(lambda: secrets) as receiver, time_machine.travel(MONDAY, tick=True) as time:
        webhooks.allow_loopback(receiver.url)
        allowed = settings.allowed_loopback | {receiver.url}
        portal.settings = replace(settings, allowed_loopback=allowed)
        secrets.append(webhooks.add_endpoint(shop.creditor_id, receiver.hook_url).secret)
        line = Line(portal.server.url, key, chance, host="portal.test")
        month = Month(chance, lambda: Erp(tmp_path / "erp.sqlite", line))
        for _day in range(DAYS):
            month.day(clock.today())
            _customers_act(shop, portal, customers, chance)
            if chance.random() < 0.2:
                portal.restart()
            away = chance.random() < 0.2
            if away:  # the ERP's own door is shut for a while: what is sent meanwhile comes later
                receiver.stop()
            jobs.work_off()
            if away:
                receiver.start()
            month.erp.hear((event.id, event.payload) for event in receiver.events)
            time.shift(timedelta(days=1))
        for _hour in range(80):  # until the last delivery has been made
            time.shift(timedelta(hours=1))
            shop.deliver()
        heard = {event.id for event in receiver.events}
        month.erp.hear((event.id, event.payload) for event in receiver.events)
        before = {row[0] for row in month.erp.books.execute("SELECT id FROM heard")}
        assert month.compare() == []
        after = {row[0] for row in month.erp.books.execute("SELECT id FROM heard")}
    assert before <= after
    assert heard <= after, "what webhooks told is in the history"
    decided = month.erp.books.execute("SELECT count(*) FROM heard WHERE type = 'dispute.closed'").fetchone()[0]
    assert decided, "something was contested, and the ERP decided it"
    assert line.lost > 20, "the line was bad"
    assert month.deaths > 5, "and so was the machine"
    _books_hold(shop, month)


def _customers_act(shop: Shop, portal: Portal, customers: list[Account], chance: random.Random) -> None:
    for one in customers:
        if chance.random() < 0.25:
            _pays(shop, english(portal.app), one)
        elif chance.random() < 0.2:
            _contests(one, chance)


def _pays(shop: Shop, browser: Debtor, account: Account) -> None:
    """All that is open, by card, if anything is."""
    browser.enter(account.link(), account.fact)
    browser.get("/d/pay")
    if "/d/pay/card" not in browser.text:
        return
    browser.submit("/d/pay/card", follow=False)
    waiting = [one for one in shop.sessions() if one["status"] == "open"]
    if waiting:
        shop.double.payer.pay_by_card(waiting[-1]["id"])
    shop.deliver()


def _contests(account: Account, chance: random.Random) -> None:
    """A part of one invoice, as a visitor."""
    own = Owner(account)
    visit = own.visit()

    def act() -> None:
        rows = db.session().scalars(
            select(Invoice)
            .where(Invoice.debtor_id == account.debtor_id, Invoice.kind == "invoice")
            .order_by(Invoice.id)
        )
        invoice = chance.choice(rows.all())
        _items, most = disputes.contestable(invoice)
        if most.minor > 100:
            said = disputes.Contested(dispute_reasons.reasons()["price"], "whole", most, "Too dear")
            disputes.raise_dispute(visit, invoice, said)

    with suppress(NotAllowedNow):  # nothing is open on it, or they contest it already
        own.within(act, as_debtor=True)


def _books_hold(shop: Shop, month: Month) -> None:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        assert ledger.unbalanced() == []
        there = session.scalar(select(func.count()).select_from(ElsewherePayment))
    told = month.erp.books.execute("SELECT count(*) FROM payments WHERE portal_id IS NOT NULL").fetchone()[0]
    assert there == told, "each payment that was told is booked once"
    assert len(month.erp.names("1 = 1")) == len(
        {ids.read(month.erp.portal_id(name)) for name in month.erp.names("1 = 1")}
    )
