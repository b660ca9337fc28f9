"""Any sequence of promises, days, payments, returns, credit notes and holds: the status says what the books say."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from portal.core import clock, db, scope
from portal.core.errors import NotAllowedNow
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import Hold
from portal.ledger import accounts
from portal.promises import actions, queries
from portal.promises.jobs import see_to_promises
from portal.promises.models import Promise, PromiseLine
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor
from tests.promises.world import Promising

ROME = ZoneInfo("Europe/Rome")
WHOLE = 100_00
MINOR = st.integers(min_value=1, max_value=WHOLE)


@dataclass
class Said:
    """What a promise must be, told in the simplest way: what came since for its due item, on which days."""

    item: int
    promised: int
    pay_on: date
    came: list[tuple[int, date]] = field(default_factory=list)  # minor units, value date
    back: int = 0
    cancelled: bool = False
    was_looked_into: bool = False
    judged: str = "open"


class Promises(RuleBasedStateMachine):
    creditor: Creditor
    counter = 0

    def __init__(self) -> None:
        super().__init__()
        Promises.counter += 1
        self.travel = time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=ROME), tick=True)
        self.traveller = self.travel.start()
        self.now = datetime(2026, 11, 23, 12, tzinfo=ROME)
        self.world = Promising(make_account(self.creditor, code=f"c{Promises.counter}"))
        self.invoice_ids = [self.world.account.add_invoice(f"{n}/2026", f"{WHOLE / 100:.2f}", -5) for n in range(2)]
        self.item_ids = [self.world.account.item_ids(one)[0] for one in self.invoice_ids]
        self.open = [WHOLE, WHOLE]
        self.paid = [0, 0]
        self.held = [False, False]
        self.said: dict[int, Said] = {}

    def teardown(self) -> None:
        self.travel.stop()

    @property
    def today(self) -> date:
        return clock.today("Europe/Rome")

    def standing(self, which: int) -> list[int]:
        return [key for key, one in self.said.items() if one.item == which and one.judged == "open"]

    def judge(self, which: int | None = None, *, end_of_day: bool = False) -> None:
        """What every promise must be by now."""
        for key, one in self.said.items():
            if one.cancelled or (which is not None and one.item != which):
                continue
            in_time = sum(minor for minor, on in one.came if on <= one.pay_on) - one.back
            ever = sum(minor for minor, _ in one.came) - one.back
            needed = min(one.promised, max(0, ever + self.open[one.item]))
            over = self.today > one.pay_on
            if one.judged == "overtaken" or (which is None and not end_of_day):
                continue
            if which is None and (one.judged != "open" or not over):
                continue
            if max(0, in_time) >= needed:
                to = "kept" if max(0, min(in_time, one.promised)) else "overtaken"
            elif not over:
                to = "open"
            else:
                to = "broken"
            if to == "broken" and one.judged == "open" and self.held[one.item]:
                to = "expired"
            if to == "open" and one.judged == "kept" and any(k != key for k in self.standing(one.item)):
                to = "overtaken"
            allowed = {
                "open": {"kept", "broken", "overtaken", "expired"},
                "kept": {"open", "broken", "overtaken"},
                "broken": {"kept"},
                "expired": {"kept"},
            }
            if to in allowed[one.judged]:
                one.judged = to

    @rule(which=st.sampled_from([0, 1]), minor=MINOR, days=st.integers(min_value=0, max_value=4))
    def name_a_day(self, which: int, minor: int, days: int) -> None:
        minor = min(minor, self.open[which])
        if not minor:
            return
        try:
            made = self.world.promise(self.invoice_ids[which], days, minor)
        except NotAllowedNow:
            return  # the bounds are tested elsewhere
        assert not self.standing(which), "one open promise for one due item"
        self.said[made] = Said(which, minor, self.today + timedelta(days=days))

    @precondition(lambda self: any(one.judged == "open" for one in self.said.values()))
    @rule(data=st.data(), days=st.integers(min_value=0, max_value=4))
    def name_another(self, data: st.DataObject, days: int) -> None:
        key = data.draw(st.sampled_from([key for key, one in self.said.items() if one.judged == "open"]))
        day = self.today + timedelta(days=days)
        try:
            self.world.within(lambda: actions.amend(queries.promise(key), day))
        except NotAllowedNow:
            return
        assert self.today <= self.said[key].pay_on, "after its day no other is named"
        self.said[key].pay_on = day

    @precondition(lambda self: any(one.judged == "open" for one in self.said.values()))
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([key for key, one in self.said.items() if one.judged == "open"]))
        self.world.within(lambda: actions.cancel(queries.promise(key)))
        self.said[key].cancelled, self.said[key].judged = True, "cancelled"

    @rule(which=st.sampled_from([0, 1]), minor=MINOR, ago=st.integers(min_value=0, max_value=3))
    def pay(self, which: int, minor: int, ago: int) -> None:
        minor = min(minor, self.open[which])
        if not minor:
            return
        on = self.today - timedelta(days=ago)
        self.open[which] -= minor
        self.paid[which] += minor
        for one in self.said.values():
            if one.item == which:
                one.came.append((minor, on))
        self.world.pay(self.invoice_ids[which], minor, on)
        self.held[which] = self.held[which] and self.open[which] > 0  # what is closed is held by nothing
        self.judge(which)

    @rule(which=st.sampled_from([0, 1]), minor=MINOR)
    def credit(self, which: int, minor: int) -> None:
        minor = min(minor, self.open[which])
        if not minor:
            return
        self.open[which] -= minor
        self.world.pay(self.invoice_ids[which], minor, account=accounts.CREDIT_NOTES)
        self.held[which] = self.held[which] and self.open[which] > 0
        self.judge(which)

    @rule(which=st.sampled_from([0, 1]), minor=MINOR)
    def bounce(self, which: int, minor: int) -> None:
        minor = min(minor, self.paid[which])
        if not minor:
            return
        self.open[which] += minor
        self.paid[which] -= minor
        for one in self.said.values():
            if one.item == which:
                one.back += minor
        self.world.bounce(self.invoice_ids[which], minor)
        self.judge(which)

    @rule(which=st.sampled_from([0, 1]))
    def hold_or_release(self, which: int) -> None:
        if not self.open[which]:
            return
        item = self.world.items(self.invoice_ids[which])[0]
        if self.held[which]:
            self.world.within(lambda: invoices.release(item.item_id, holds.PROBLEM_REPORTED))
        else:
            self.world.within(lambda: invoices.hold(item, holds.PROBLEM_REPORTED, 1, None))
        self.held[which] = not self.held[which]

    @rule(days=st.integers(min_value=1, max_value=3))
    def days_go_by(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.traveller.move_to(self.now)

    @rule()
    def the_job_runs(self) -> None:
        see_to_promises()
        self.judge(end_of_day=True)
        see_to_promises()

    @invariant()
    def the_rows_say_what_the_books_say(self) -> None:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor.id)
            for key, one in self.said.items():
                assert session.get_one(Promise, key).status.value == one.judged, (key, one, self.today)
            stands = select(PromiseLine.due_item_id).where(PromiseLine.is_open, PromiseLine.promise_id.in_(self.said))
            open_ones = sorted(session.scalars(stands))
            assert open_ones == sorted(self.item_ids[o.item] for o in self.said.values() if o.judged == "open")
            held = select(Hold.due_item_id).where(
                Hold.reason == holds.PROMISED, Hold.ended_at.is_(None), Hold.due_item_id.in_(self.item_ids)
            )
            found: list[Any] = sorted(session.scalars(held))
            still = [self.item_ids[o.item] for o in self.said.values() if o.judged == "open" and self.open[o.item]]
            assert found == sorted(still), "held for as long as it stands, and no longer"


def test_any_sequence_of_promises_follows_the_books(house: Settings) -> None:
    Promises.creditor = make_creditor(promise_times=20, promise_days=30)
    run_state_machine_as_test(
        Promises, settings=hypothesis_settings(max_examples=10, stateful_step_count=14, deadline=None)
    )
