"""Any sequence of "I have already paid", corrections, money, returns, credit notes, withdrawals and days: a search runs
while something of it is open, what is searched for rests and nothing else, and its case says whose turn it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from portal.already_paid import actions, queries
from portal.already_paid.jobs import ask_again
from portal.already_paid.models import PaidClaim, PaidClaimItem
from portal.already_paid.states import ClaimStatus
from portal.cases import rules as case_rules
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, scope
from portal.core.errors import NotAllowedNow
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import Hold, Invoice
from portal.ledger import accounts
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor
from tests.promises.world import Promising
from tests.security.everything import Owner

ROME = ZoneInfo("Europe/Rome")
WHOLE, HOW_MANY, DAYS = 100_00, 3, 5
MINOR = st.one_of(st.just(WHOLE), st.integers(min_value=1, max_value=WHOLE))
PLACES = st.integers(min_value=0, max_value=HOW_MANY - 1)
RUNNING = {"looking", "asked"}


@dataclass
class Search:
    """What a search must be, told in the simplest way."""

    places: set[int]
    until: date
    told: tuple[date, str | None]  # the day and the bank's number, as they were said last
    prolonged: int = 0
    waits_for_words: bool = False  # what they wrote has no answer: its case stays ours, however the search ends
    status: str = "looking"


class Searches(RuleBasedStateMachine):
    creditor: Creditor
    counter = 0

    def __init__(self) -> None:
        super().__init__()
        Searches.counter += 1
        self.now = datetime(2026, 11, 23, 12, tzinfo=ROME)
        self.travel = time_machine.travel(self.now, tick=True)
        self.traveller = self.travel.start()
        account = make_account(self.creditor, code=f"c{Searches.counter}")
        self.world, self.visit = Promising(account), Owner(account).visit()
        self.invoice_ids = [account.add_invoice(f"{n}/2026", "100.00", -12) for n in range(HOW_MANY)]
        self.item_ids = [account.item_ids(one)[0] for one in self.invoice_ids]
        self.open, self.paid = [WHOLE] * HOW_MANY, [0] * HOW_MANY
        self.withdrawn = [False] * HOW_MANY
        self.resting: dict[int, int] = {}  # place → the search that it rests for
        self.searches: dict[int, Search] = {}

    def teardown(self) -> None:
        self.travel.stop()

    @property
    def today(self) -> date:
        return clock.today("Europe/Rome")

    def is_open(self, place: int) -> bool:
        return self.open[place] > 0 and not self.withdrawn[place]

    def running(self, place: int | None = None) -> list[int]:
        found = [key for key, one in self.searches.items() if one.status in RUNNING]
        return [key for key in found if place is None or place in self.searches[key].places]

    def ends(self, key: int, status: str) -> None:
        self.searches[key].status = status
        if status != "found":
            self.resting = {place: of for place, of in self.resting.items() if of != key}

    def rests_until(self) -> date:
        return case_rules.working_day_after(self.today, DAYS)

    @rule(places=st.sets(PLACES, min_size=1))
    def say_it(self, places: set[int]) -> None:
        items = self.world.items(*(self.invoice_ids[place] for place in sorted(places)))
        may = all(self.is_open(place) and not self.running(place) for place in places)

        def act() -> int:
            return actions.claim(self.visit, items, paid_on=self.today, reference=None, words=None).id

        try:
            made = self.world.within(act)
        except NotAllowedNow:
            assert not may
            return
        assert may
        self.searches[made] = Search(places, self.rests_until(), (self.today, None))
        self.resting |= dict.fromkeys(places, made)

    @precondition(lambda self: self.searches)
    @rule(data=st.data(), number=st.sampled_from(["TRN1", "TRN2"]), again=st.booleans())
    def look_at_the_bank_again(self, data: st.DataObject, number: str, again: bool) -> None:
        """`again`: the very same is sent once more."""
        key = data.draw(st.sampled_from(sorted(self.searches)))
        one = self.searches[key]
        told = one.told if again else (self.today, number)

        def act() -> bool:
            found = queries.claim(key, lock=True)
            assert found is not None
            return actions.correct(self.visit, found, paid_on=told[0], reference=told[1])

        try:
            goes_on = self.world.within(act)
        except NotAllowedNow:
            assert one.status not in RUNNING
            return
        assert one.status in RUNNING
        assert goes_on == (told != one.told and one.prolonged < 2)
        one.told = told
        if not goes_on:
            one.waits_for_words = True
            return
        one.prolonged += 1
        one.status, one.until = "looking", self.rests_until()
        others = {place: of for place, of in self.resting.items() if place not in one.places}
        self.resting = others | {place: key for place in one.places if self.is_open(place)}

    @precondition(lambda self: self.running())
    @rule(data=st.data(), to=st.sampled_from([ClaimStatus.FOUND, ClaimStatus.NOT_FOUND]))
    def staff_end_it(self, data: st.DataObject, to: ClaimStatus) -> None:
        key = data.draw(st.sampled_from(self.running()))

        def act() -> None:
            found = queries.claim(key, lock=True)
            assert found is not None
            actions.resolve(found, to)

        self.world.within(act)
        self.ends(key, to.value)
        one = self.searches[key]
        if to is ClaimStatus.FOUND:  # the money is not booked yet
            open_ones = {place for place in one.places if self.is_open(place)}
            if one.until < self.today and open_ones:
                one.until = self.rests_until()
            self.resting |= dict.fromkeys(open_ones, key)

    @rule(place=PLACES)
    def staff_end_its_rest(self, place: int) -> None:
        item = self.world.items(self.invoice_ids[place])[0]
        of = self.resting.get(place)
        try:
            self.world.within(lambda: invoices.release_by_hand(item, holds.ALREADY_PAID, "no_money_came"))
        except NotAllowedNow:
            assert of is None or not self.is_open(place) or self.searches[of].until < self.today
            return
        assert of is not None
        del self.resting[place]
        if of not in self.resting.values() and self.searches[of].status in RUNNING:  # what is found stays found
            self.ends(of, "not_found")

    @rule(place=PLACES, minor=MINOR, by_note=st.booleans())
    def money_comes(self, place: int, minor: int, by_note: bool) -> None:
        """By transfer; or the creditor credits as much."""
        minor = min(minor, self.open[place])
        if not minor or self.withdrawn[place]:
            return
        self.open[place] -= minor
        self.paid[place] += 0 if by_note else minor
        account = accounts.CREDIT_NOTES if by_note else accounts.BANK
        self.world.pay(self.invoice_ids[place], minor, account=account)
        if self.open[place]:
            return
        for key in self.running(place):
            if not any(self.is_open(one) for one in self.searches[key].places):
                self.ends(key, "otherwise" if by_note else "found")
        self.resting.pop(place, None)

    @rule(place=PLACES, minor=MINOR)
    def money_goes_back(self, place: int, minor: int) -> None:
        minor = min(minor, self.paid[place])
        if not minor or self.withdrawn[place]:
            return
        was_closed = not self.open[place]
        self.open[place] += minor
        self.paid[place] -= minor
        self.world.bounce(self.invoice_ids[place], minor)
        for key in self.running(place):
            if was_closed and self.is_open(place) and self.searches[key].until >= self.today:
                self.resting[place] = key

    @rule(place=PLACES)
    def withdraw(self, place: int) -> None:
        if self.withdrawn[place]:
            return
        invoice_id = self.invoice_ids[place]
        self.world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, invoice_id)))
        self.withdrawn[place] = True
        for key in self.running(place):
            if not any(self.is_open(one) for one in self.searches[key].places):
                self.ends(key, "otherwise")

    @rule(days=st.integers(min_value=1, max_value=9))
    def days_go_by(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.traveller.move_to(self.now)

    @rule()
    def the_job_runs(self) -> None:
        for one in self.searches.values():
            if one.status == "looking" and one.until < self.today:
                one.status = "asked"
        ask_again()
        ask_again()

    @invariant()
    def searches_are_what_they_must_be(self) -> None:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor.id)
            for key, one in self.searches.items():
                assert session.get_one(PaidClaim, key).status.value == one.status, (key, one)
                case = session.scalars(select(Case).where(Case.subject_id == key)).one()
                is_ours = one.status in RUNNING or one.waits_for_words
                assert case.status is (CaseStatus.OURS if is_ours else CaseStatus.CLOSED)
                assert (case.act_by is None) == (case.status is CaseStatus.CLOSED)
            looked_for = select(PaidClaimItem.due_item_id).where(PaidClaimItem.is_open)
            open_lines = sorted(session.scalars(looked_for.where(PaidClaimItem.due_item_id.in_(self.item_ids))))
            running = [self.item_ids[place] for key in self.running() for place in self.searches[key].places]
            assert open_lines == sorted(running)

    @invariant()
    def only_what_is_searched_for_rests(self) -> None:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor.id)
            held = select(Hold.due_item_id, Hold.source_id).where(
                Hold.reason == holds.ALREADY_PAID, Hold.ended_at.is_(None), Hold.due_item_id.in_(self.item_ids)
            )
            found = sorted(tuple(row) for row in session.execute(held))
        assert found == sorted((self.item_ids[place], of) for place, of in self.resting.items())


def test_any_sequence_of_searches(house: Settings, request: pytest.FixtureRequest) -> None:
    Searches.creditor = make_creditor(already_paid_days=DAYS)
    many = 25 if request.node.callspec.params["prepared"] == "sqlite" else 8
    run_state_machine_as_test(
        Searches, settings=hypothesis_settings(max_examples=many, stateful_step_count=16, deadline=None)
    )
