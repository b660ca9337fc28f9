"""Any sequence of promises, days, payments, returns, credit notes, withdrawals and holds: the status says what the books
say, and what is promised rests: no longer than that, and nothing else."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, scope
from portal.core.errors import NotAllowedNow
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import Hold, Invoice
from portal.ledger import accounts
from portal.promises import actions, queries
from portal.promises.jobs import see_to_promises
from portal.promises.models import Promise, PromiseLine
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor
from tests.promises.world import Promising

ROME = ZoneInfo("Europe/Rome")
WHOLE = 100_00
MINOR = st.one_of(st.just(WHOLE), st.integers(min_value=1, max_value=WHOLE))
PLACES = st.sampled_from([0, 1])
LOOKED_INTO = (holds.PROBLEM_REPORTED, holds.NOT_RECEIVED, holds.ALREADY_PAID, holds.DISPUTED, holds.CONTESTED)


@dataclass
class Said:
    """What a promise must be, told in the simplest way: what came since for its due items, on which days."""

    promised: dict[int, int]  # minor units, by place of the due item
    pay_on: date
    came: list[tuple[int, int, date]] = field(default_factory=list)  # place, minor units, value date
    back: dict[int, int] = field(default_factory=dict)
    resting: set[int] = field(default_factory=set)  # places that rest for it
    judged: str = "open"

    def judge(self, which: int, needed_of: int) -> tuple[int, bool]:
        """What came in time for one of its due items, and whether that is all that is still asked for."""
        ever = sum(minor for at, minor, _ in self.came if at == which) - self.back.get(which, 0)
        on_time = sum(minor for at, minor, on in self.came if at == which and on <= self.pay_on)
        in_time = on_time - self.back.get(which, 0)
        needed = min(self.promised[which], max(0, ever + needed_of))
        return max(0, min(in_time, self.promised[which])), max(0, in_time) >= needed


MAY_BECOME = {
    "open": {"kept", "broken", "overtaken", "expired"},
    "kept": {"open", "broken", "overtaken"},
    "broken": {"kept", "overtaken"},
    "expired": {"kept", "overtaken"},
}


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
        self.withdrawn = [False, False]
        self.held: list[str | None] = [None, None]
        self.spells: list[list[list[datetime | None]]] = [[], []]  # of each place: from when to when it was held
        self.said: dict[int, Said] = {}

    def teardown(self) -> None:
        self.travel.stop()

    @property
    def today(self) -> date:
        return clock.today("Europe/Rome")

    def is_open(self, which: int) -> bool:
        return self.open[which] > 0 and not self.withdrawn[which]

    def standing(self, *places: int) -> list[int]:
        return [key for key, one in self.said.items() if one.judged == "open" and set(places) & set(one.promised)]

    def judge(self, which: int) -> None:
        """Something was booked on that due item: what every promise of it must be by now."""
        for key, one in self.said.items():
            if which in one.promised and one.judged in MAY_BECOME:
                self.judge_one(key, one)

    def judge_one(self, key: int, one: Said) -> None:
        lines = [one.judge(at, 0 if self.withdrawn[at] else self.open[at]) for at in one.promised]
        if all(is_enough for _, is_enough in lines):
            to = "kept" if sum(in_time for in_time, _ in lines) else "overtaken"
        else:
            to = "broken" if self.today > one.pay_on else "open"
        if to == "broken" and one.judged == "open" and any(self.was_held(at, one.pay_on) for at in one.promised):
            to = "expired"
        if to == "open" and one.judged == "kept" and any(other != key for other in self.standing(*one.promised)):
            to = "overtaken"
        if to in MAY_BECOME[one.judged]:
            one.judged = to
            one.resting = {at for at in one.promised if self.is_open(at)} if to == "open" else set()

    def was_held(self, which: int, day: date) -> bool:
        """Whether it was being looked into when that day ended; what came or ended later changes nothing."""
        moment = datetime.combine(day, time.max, ROME)
        return any(begun <= moment and (ended is None or ended > moment) for begun, ended in self.spells[which])

    def lets_go(self, which: int) -> None:
        if self.held[which] is not None:
            self.held[which], self.spells[which][-1][1] = None, clock.now()

    def closes(self, which: int) -> None:
        """Nothing is open on the due item any more: hardly anything holds it."""
        if not self.open[which]:
            if self.held[which] != holds.CONTESTED:  # which the bank decides about
                self.lets_go(which)
            for one in self.said.values():
                one.resting.discard(which)

    @rule(which=PLACES, minor=MINOR, days=st.integers(min_value=0, max_value=4))
    def name_a_day(self, which: int, minor: int, days: int) -> None:
        minor = min(minor, self.open[which])
        if not minor or self.withdrawn[which]:
            return
        try:
            made = self.world.promise(self.invoice_ids[which], days, minor)
        except NotAllowedNow:
            return  # the bounds are tested elsewhere
        assert not self.standing(which), "one open promise for one due item"
        self.said[made] = Said({which: minor}, self.today + timedelta(days=days), resting={which})

    @rule(days=st.integers(min_value=0, max_value=4))
    def name_a_day_for_both(self, days: int) -> None:
        if not (self.is_open(0) and self.is_open(1)):
            return
        parts = [(item, item.open) for item in self.world.items(*self.invoice_ids)]
        day = self.today + timedelta(days=days)
        try:
            made = self.world.within(lambda: actions.make(self.world.account.debtor_id, parts, day).id)
        except NotAllowedNow:
            return
        assert not self.standing(0, 1), "one open promise for one due item"
        self.said[made] = Said({0: self.open[0], 1: self.open[1]}, day, resting={0, 1})

    @precondition(lambda self: self.standing(0, 1))
    @rule(data=st.data(), days=st.integers(min_value=0, max_value=4))
    def name_another(self, data: st.DataObject, days: int) -> None:
        key = data.draw(st.sampled_from(self.standing(0, 1)))
        one, day = self.said[key], self.today + timedelta(days=days)
        try:
            self.world.within(lambda: actions.amend(queries.promise(key), day))
        except NotAllowedNow:
            return
        assert self.today <= one.pay_on, "after its day no other is named"
        if day != one.pay_on:
            one.pay_on, one.resting = day, {at for at in one.promised if self.is_open(at)}

    @precondition(lambda self: self.standing(0, 1))
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.standing(0, 1)))
        try:
            self.world.within(lambda: actions.cancel(queries.promise(key)))
        except NotAllowedNow:
            assert self.today > self.said[key].pay_on, "after its day it is what it is"
            return
        assert self.today <= self.said[key].pay_on
        self.said[key].judged, self.said[key].resting = "cancelled", set()

    @rule(which=PLACES, minor=MINOR, ago=st.integers(min_value=0, max_value=3))
    def pay(self, which: int, minor: int, ago: int) -> None:
        minor = min(minor, self.open[which])
        if not minor or self.withdrawn[which]:
            return
        on = self.today - timedelta(days=ago)
        self.open[which] -= minor
        self.paid[which] += minor
        for one in self.said.values():
            if which in one.promised:
                one.came.append((which, minor, on))
        self.world.pay(self.invoice_ids[which], minor, on)
        self.judge(which)
        self.closes(which)

    @rule(which=PLACES, minor=MINOR)
    def credit(self, which: int, minor: int) -> None:
        minor = min(minor, self.open[which])
        if not minor:
            return
        self.open[which] -= minor
        self.world.pay(self.invoice_ids[which], minor, account=accounts.CREDIT_NOTES)
        self.judge(which)
        self.closes(which)

    @rule(which=PLACES, minor=MINOR)
    def bounce(self, which: int, minor: int) -> None:
        minor = min(minor, self.paid[which])
        if not minor or self.withdrawn[which]:
            return
        was_closed = not self.open[which]
        self.open[which] += minor
        self.paid[which] -= minor
        for one in self.said.values():
            if which in one.promised:
                one.back[which] = one.back.get(which, 0) + minor
        self.world.bounce(self.invoice_ids[which], minor)
        self.judge(which)
        for key in self.standing(which) if was_closed and self.is_open(which) else ():
            if self.said[key].pay_on >= self.today:
                self.said[key].resting.add(which)

    @precondition(lambda self: not all(self.withdrawn))
    @rule(which=PLACES)
    def withdraw(self, which: int) -> None:
        """The creditor takes an invoice back, whatever was said of it."""
        if self.withdrawn[which]:
            return
        invoice_id = self.invoice_ids[which]
        self.world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, invoice_id)))
        self.withdrawn[which] = True
        self.judge(which)

    @rule(which=PLACES, reason=st.sampled_from(LOOKED_INTO))
    def hold_or_release(self, which: int, reason: str) -> None:
        if not self.open[which]:
            return
        item, held = self.world.items(self.invoice_ids[which])[0], self.held[which]
        if held is not None:
            self.world.within(lambda: invoices.release(item.item_id, held))
            self.lets_go(which)
        else:
            self.world.within(lambda: invoices.hold(item, reason, 1, None))
            self.held[which] = reason
            self.spells[which].append([clock.now(), None])

    @rule(which=PLACES)
    def somebody_ends_its_rest(self, which: int) -> None:
        """One of the creditor's people: it stays written down, and is kept or not by itself."""
        resting = [one for one in self.said.values() if which in one.resting and one.pay_on >= self.today]
        item = self.world.items(self.invoice_ids[which])[0]
        try:
            self.world.within(lambda: invoices.release_by_hand(item, holds.PROMISED, "no_money_came"))
        except NotAllowedNow:
            assert not resting or not self.is_open(which)
            return
        for one in resting:
            one.resting.discard(which)

    @rule(days=st.integers(min_value=1, max_value=3))
    def days_go_by(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.traveller.move_to(self.now)

    @rule()
    def the_job_runs(self) -> None:
        see_to_promises()
        for key, one in self.said.items():
            if one.judged == "open" and one.pay_on < self.today:
                self.judge_one(key, one)
        see_to_promises()

    @invariant()
    def the_rows_say_what_the_books_say(self) -> None:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor.id)
            for key, one in self.said.items():
                assert session.get_one(Promise, key).status.value == one.judged, (key, one, self.today)
            stands = select(PromiseLine.due_item_id).where(PromiseLine.is_open, PromiseLine.promise_id.in_(self.said))
            open_ones = sorted(session.scalars(stands))
            promised = [at for one in self.said.values() if one.judged == "open" for at in one.promised]
            assert open_ones == sorted(self.item_ids[at] for at in promised)
            held = select(Hold.due_item_id).where(
                Hold.reason == holds.PROMISED, Hold.ended_at.is_(None), Hold.due_item_id.in_(self.item_ids)
            )
            found = sorted(session.scalars(held))
            resting = [self.item_ids[at] for one in self.said.values() for at in one.resting]
            assert found == sorted(resting), "held for as long as it stands, and no longer"

    @invariant()
    def its_case_says_whose_turn_it_is(self) -> None:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor.id)
            for key, one in self.said.items():
                case = session.scalars(select(Case).where(Case.subject_id == key)).one()
                turn = {"open": CaseStatus.THEIRS, "broken": CaseStatus.OURS}.get(one.judged, CaseStatus.CLOSED)
                assert case.status is turn, (one.judged, case.status)
                assert (case.act_by is None) == (turn is CaseStatus.CLOSED)
                assert case.outcome == {"open": None, "broken": None, "cancelled": "taken_back"}.get(
                    one.judged, one.judged
                )


def test_any_sequence_of_promises_follows_the_books(house: Settings, request: pytest.FixtureRequest) -> None:
    Promises.creditor = make_creditor(promise_times=20, promise_days=30)
    many = 25 if request.node.callspec.params["prepared"] == "sqlite" else 8
    run_state_machine_as_test(
        Promises, settings=hypothesis_settings(max_examples=many, stateful_step_count=16, deadline=None)
    )
