"""Any sequence of plans, payments, returns, credit notes, extra money, moved days and other plans: the schedule adds up
to what came and what is left, the oldest is paid first, and what is in a plan rests."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.creditors.models import Creditor
from portal.interest.due_dates import last_day
from portal.plans import actions, following, queries
from portal.plans.jobs import see_to_plans
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor
from tests.plans.world import Planning

ROME = ZoneInfo("Europe/Rome")
WHOLE = (400_00, 200_00)
MINOR = st.one_of(st.integers(1, 600_00), st.sampled_from([200_00, 100_00, 50_00]))
PLACES_OF = (0, 1)
PLACES = st.sampled_from(PLACES_OF)
GRACE = 10


class Plans(RuleBasedStateMachine):
    creditor: Creditor
    counter = 0

    def __init__(self) -> None:
        super().__init__()
        Plans.counter += 1
        self.now = datetime(2026, 11, 23, 12, tzinfo=ROME)
        self.travel = time_machine.travel(self.now, tick=True)
        self.traveller = self.travel.start()
        self.world = Planning(make_account(self.creditor, code=f"c{Plans.counter}"))
        for place, minor in enumerate(WHOLE):
            self.world.owe(f"{minor / 100:.2f}", number=f"{Plans.counter}-{place}/2026")
        self.open, self.paid = list(WHOLE), [0, 0]
        self.plan: int | None = None
        self.within: set[int] = set()  # which of the two are in the plan: those that were open when it was made
        self.came = [0, 0]  # since the terms were reckoned, by invoice: what goes back of older money is debt again

    def teardown(self) -> None:
        self.travel.stop()

    @property
    def left(self) -> int:
        return sum(self.open)

    @property
    def came_in_plan(self) -> int:
        return sum(self.came[place] for place in self.within)

    @property
    def left_in_plan(self) -> int:
        return sum(self.open[place] for place in self.within)

    def status(self) -> str:
        return self.world.status(self.plan) if self.plan is not None else ""

    @property
    def stands(self) -> bool:
        return self.plan is not None and self.status() in {"accepted", "active"}

    @rule(count=st.integers(2, 6), days=st.integers(1, 30), accepted=st.booleans())
    def make(self, count: int, days: int, accepted: bool) -> None:
        """A plan over all that is open, if none stands."""
        first = clock.today("Europe/Rome") + timedelta(days=days)
        may = self.left >= 100_00 and self.left // count >= 50_00 and not self.stands
        last = first + timedelta(days=31 * (count - 1))
        if may and (last - clock.today()).days < 180:
            plan_id = self.world.offer(count, first)
            if self.world.status(plan_id) == "proposed":  # plans of before were not kept: a person decides
                assert self.world.within(lambda: queries.broken(self.world.account.debtor_id)) > 1
                self.world.agree(plan_id)
            assert self.world.status(plan_id) == "offered"
            if accepted:
                self.world.accept(plan_id)
                self.plan, self.came = plan_id, [0, 0]
                self.within = {place for place in PLACES_OF if self.open[place]}
        elif self.stands or self.left < 100_00:
            with pytest.raises(NotAllowedNow):
                self.world.offer(count, first)

    @rule(minor=MINOR, place=PLACES)
    def pay(self, minor: int, place: int) -> None:
        part = min(minor, self.open[place])
        if part:
            self.world.pay(part, invoice=place)
            self.open[place] -= part
            self.paid[place] += part
            self.came[place] += part

    @rule(minor=MINOR, place=PLACES)
    def bounce(self, minor: int, place: int) -> None:
        part = min(minor, self.paid[place])
        if part:
            self.world.bounce(part, invoice=place)
            self.open[place] += part
            self.paid[place] -= part
            self.came[place] = max(0, self.came[place] - part)

    @rule(minor=st.integers(1, 100_00), place=PLACES)
    def credit(self, minor: int, place: int) -> None:
        part = min(minor, self.open[place])
        if part:
            self.world.credit(part, invoice=place)
            self.open[place] -= part

    @rule(days=st.integers(1, 25))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.traveller.move_to(self.now)
        see_to_plans()
        see_to_plans()

    @precondition(lambda self: self.stands)
    @rule(how=st.sampled_from([following.SHORTER, following.LOWER]))
    def use_what_came_ahead(self, how: str) -> None:
        def act() -> None:
            plan = queries.plan(self.plan or 0, lock=True)
            assert plan is not None
            following.recut(plan, how)

        rows = self.world.within(lambda: queries.asked(self.plan or 0))
        today = clock.today("Europe/Rome")
        if following.ahead_of(rows, today) and any(row.due_on > today for row in rows):
            self.world.within(act)
        else:
            with pytest.raises(NotAllowedNow):
                self.world.within(act)

    @precondition(lambda self: self.stands)
    @rule(place=st.integers(0, 5), days=st.integers(1, 14))
    def move(self, place: int, days: int) -> None:
        def act() -> None:
            plan = queries.plan(self.plan or 0, lock=True)
            rows = queries.asked(self.plan or 0)
            assert plan is not None
            if place < len(rows):
                actions.move_instalment(plan, rows[place], rows[place].due_on + timedelta(days=days))

        try:
            self.world.within(act)
        except NotAllowedNow:
            return

    @precondition(lambda self: self.stands)
    @rule(count=st.integers(2, 8))
    def change(self, count: int) -> None:
        """Another plan in its place: what came stays, the rest is spread anew. What was paid in whole is in it no more:
        a return that comes later stands beside the plan."""
        if self.left_in_plan < 100_00:
            return
        former = self.plan or 0
        plan_id = self.world.change(former, count, clock.today("Europe/Rome") + timedelta(days=5))
        self.world.agree(plan_id)
        self.world.accept(plan_id)
        assert self.world.status(former) == "renegotiated"
        self.plan, self.came = plan_id, [0, 0]
        self.within = {place for place in self.within if self.open[place]}

    @invariant()
    def it_adds_up(self) -> None:
        if not self.stands:
            return
        asked = self.world.asked(self.plan or 0)
        assert sum(amount for amount, _, _ in asked) == self.came_in_plan + self.left_in_plan
        assert sum(paid for _, paid, _ in asked) == self.came_in_plan

    @invariant()
    def the_oldest_is_paid_first(self) -> None:
        if not self.stands:
            return
        rows = [row for row in self.world.rows(self.plan or 0) if row.status.value != "cancelled"]
        seen_open = False
        today = clock.today("Europe/Rome")
        for row in rows:
            assert 0 <= row.paid_minor <= row.amount_minor
            assert not (seen_open and row.paid_minor), "nothing is paid behind one that is not"
            seen_open |= row.paid_minor < row.amount_minor
            if row.paid_minor == row.amount_minor:
                assert row.status.value == "paid"
            elif today <= last_day(row.due_on):
                assert row.status.value in {"scheduled", "due", "part_paid"}

    @invariant()
    def what_is_in_a_plan_rests_and_nothing_else(self) -> None:
        held = set(self.world.holds())
        if self.stands:
            assert "plan" in held
        else:
            assert "plan" not in held

    @invariant()
    def it_ends_only_as_it_was_said(self) -> None:
        """Completed means that nothing is left; ended by itself means a notice and its days before."""
        if self.plan is None:
            return
        status = self.status()
        if status == "completed":
            assert not self.left_in_plan
        if status == "defaulted":
            plan = self.world.one(self.plan)
            assert plan.notice_on is not None
            assert (clock.today("Europe/Rome") - plan.notice_on).days > GRACE


def test_a_plan_follows_the_books_in_any_order(house: Settings) -> None:
    assert house
    Plans.creditor = make_creditor()
    Plans.counter = 0
    run_state_machine_as_test(
        Plans, settings=hypothesis_settings(max_examples=15, stateful_step_count=20, deadline=None)
    )
