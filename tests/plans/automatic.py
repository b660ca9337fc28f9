"""A plan at a creditor that takes cards, and what its customer saved at the double for the instalments."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, jobs, scope
from portal.payments import methods, off_session, saved
from portal.payments.models import AutoCharge, PaymentAttempt, SavedMethod
from portal.plans import autopay, queries
from portal.plans.autopay_jobs import charge_what_is_due
from tests.payments.conftest import Shop
from tests.plans.world import Planning

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
OK, ASKS_ALWAYS, DECLINES = "4242424242424242", "4000002760003184", "4000000000000341"
PAYS, BOUNCES = "AT611904300234573201", "AT751904300235473206"
CHARGES = "POST /v1/payment_intents"


@contextmanager
def at(days: float) -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(days=days), tick=False):
        yield


@dataclass
class Automatic:
    """A plan of 600 euro in three instalments, the first one ten days from now, and its customer's card."""

    shop: Shop
    world: Planning = field(init=False)
    plan_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.world = Planning(self.shop.account)
        self.world.owe("600.00", number="200/2026")
        mine = self.within(lambda: self.shop.account.item_ids(self.world.invoices[0]))
        self.plan_id = self.world.agreed(3, clock.today() + timedelta(days=10), only=mine)

    def within(self, act: Any) -> Any:
        with db.transaction():
            scope.enter(self.shop.creditor_id)
            return act()

    def confirm(self, kind: str = methods.CARD) -> int:
        """The mandate was confirmed with a code."""

        def act() -> int:
            plan = queries.plan(self.plan_id, lock=True)
            assert plan is not None
            return autopay.confirm(plan, saved.Mandate(kind, "0" * 64, ids.new_id(), "en")).id

        return int(self.within(act))

    def open_page(self, row_id: int) -> str:
        """The provider's number of the page on which it is saved."""

        def act() -> str:
            row = saved.one(row_id)
            assert row is not None
            opened = off_session.open_page(row, "http://portal.test/d/", "EUR")
            assert opened.session_id is not None
            return opened.session_id

        return str(self.within(act))

    def save(self, number: str = OK) -> int:
        """A card with this number, or a bank account with this IBAN, is saved; the row's id."""
        kind = methods.CARD if number.isdigit() else methods.SEPA_DEBIT
        row_id = self.confirm(kind)
        session_id, payer = self.open_page(row_id), self.shop.double.payer
        if kind == methods.SEPA_DEBIT:
            payer.save_debit(session_id, number)
        elif payer.save_card(session_id, number) == "authenticate":
            payer.authenticate_saving(session_id)
        self.shop.deliver()
        return row_id

    def run(self) -> None:
        """The job runs, and what follows from it."""
        charge_what_is_due()
        jobs.work_off()
        self.shop.deliver()

    def method(self, row_id: int) -> SavedMethod:
        return self.within(lambda: db.session().get_one(SavedMethod, row_id))  # type: ignore[no-any-return]

    def tries(self) -> list[int]:
        return self.within(lambda: list(db.session().scalars(select(AutoCharge.number).order_by(AutoCharge.id))))  # type: ignore[no-any-return]

    def attempts(self) -> list[PaymentAttempt]:
        return self.shop.attempts()

    def paid(self) -> list[int]:
        return [row[1] for row in self.world.asked(self.plan_id)]

    def states(self) -> list[str]:
        return [row[2] for row in self.world.asked(self.plan_id)]

    def charged(self) -> list[Any]:
        """What the provider was asked to charge."""
        return [one for one in self.shop.double.requests if one.line == CHARGES]

    def money(self) -> list[int]:
        """What the provider took."""
        return [one["amount"] for one in self.shop.double.all("charge") if one["status"] != "failed"]
