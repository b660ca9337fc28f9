"""Disputes, payments and credit notes in any order: what rests, what is open, and whose turn it is (D.1, C-13)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases.states import CaseStatus
from portal.core import clock, db
from portal.core.errors import NotAllowedNow
from portal.disputes import actions, queries, rules
from portal.disputes.models import Dispute
from portal.disputes.states import UNDER_WAY, VALID, DisputeStatus
from portal.invoices import covering, holds
from portal.invoices.models import CreditAhead, CreditCover, Hold, Invoice
from portal.invoices.payable import payable_now, rest
from portal.ledger import accounts, origins
from portal.ledger import queries as books
from portal.ledger.models import Transfer
from portal.people.models import Staff
from portal.web.edge import PortalFlask
from tests.databases import Prepared
from tests.disputes.world import Contesting, euro

WHOLE = 100_000


class Disputed(RuleBasedStateMachine):
    """One invoice in three parts; what both sides may do, tried in any order and refused where it must be."""

    prepared: Prepared

    @initialize()
    def begin(self) -> None:
        self.prepared.reset()
        self.world = Contesting(parts=3)
        self.disputes: list[int] = []
        self.paid = 0

    def _do(self, act: Any) -> bool:
        """Whether it was allowed."""
        try:
            act()
        except NotAllowedNow:
            return False
        return True

    @rule(minor=st.one_of(st.none(), st.integers(-1, WHOLE + 1)))
    def contest(self, minor: int | None) -> None:
        open_before = self.world.open_minor()
        may = open_before > 0 and not self._under_way() and (minor is None or 0 < minor <= open_before)
        try:
            made = self.world.raise_dispute(minor)
        except NotAllowedNow:
            assert not may
            return
        assert may
        self.disputes.append(made)

    @precondition(lambda self: self.disputes)
    @rule(words=st.sampled_from(["staff", "customer"]))
    def write(self, words: str) -> None:
        newest, world = self.disputes[-1], self.world

        def act() -> None:
            case = queries.case_of(newest)
            if words == "customer":
                cases.write(world.visit, case, "And this")
            elif case.status is not CaseStatus.CLOSED:
                cases.answer(case, "Which one?", db.session().get_one(Staff, world.staff_id))

        self._do(lambda: world.within(act))

    @precondition(lambda self: self.disputes)
    @rule(
        outcome=st.sampled_from(sorted(rules.OUTCOMES)),
        share=st.floats(0, 1),
        credit=st.sampled_from(sorted(rules.CREDITS)),
    )
    def close(self, outcome: str, share: float, credit: str) -> None:
        newest = self.world.dispute(self.disputes[-1])
        upheld = round(newest.amount_minor * share) if outcome == rules.PARTIALLY_UPHELD else None
        done = self._do(lambda: self.world.close(newest.id, outcome, upheld, credit))
        assert done == (newest.status in UNDER_WAY and (upheld is None or 0 < upheld < newest.amount_minor))

    @precondition(lambda self: self.disputes)
    @rule()
    def take_back(self) -> None:
        newest = self.world.dispute(self.disputes[-1])
        done = self._do(lambda: self.world.within(lambda: actions.withdraw(newest.id)))
        assert done == (newest.status in UNDER_WAY)

    @precondition(lambda self: self.disputes)
    @rule(which=st.integers(0, 5))
    def ask_again(self, which: int) -> None:
        before = self.world.dispute(self.disputes[which % len(self.disputes)])
        others = self._under_way()
        done = self._do(lambda: self.world.within(lambda: actions.reopen(self.world.visit, before.id, "Look again")))
        assert done == (before.status is DisputeStatus.REJECTED and before.reopened_at is None and not others)

    @rule(minor=st.integers(1, WHOLE // 2))
    def pay(self, minor: int) -> None:
        self.paid += self.world.pay(minor)

    @rule(minor=st.integers(1, WHOLE // 2))
    def send_note(self, minor: int) -> None:
        """The creditor's system credits the invoice, asked to or not."""
        self.world.note(minor)

    @rule(minor=st.integers(1, WHOLE // 2), related=st.sampled_from([None, "127/2026"]))
    def send_note_without_invoice(self, minor: int, related: str | None) -> None:
        """One that names no invoice, or one that is not here."""
        self.world.note(minor, related)

    @precondition(lambda self: self.world.rows(CreditAhead))
    @rule(data=st.data(), act=st.sampled_from(["take", "undo", "let"]))
    def decide(self, data: st.DataObject, act: str) -> None:
        """What a person says about a credit ahead and the notes that came."""
        one = data.draw(st.sampled_from(self.world.rows(CreditAhead)))
        notes = [row.id for row in self.world.rows(Invoice) if row.kind == "credit_note"]
        took = [row.id for row in self.world.rows(CreditCover)]

        def decided() -> None:
            if act == "take":
                covering.take_place(one.dispute_id, data.draw(st.sampled_from([0, *notes])))
            elif act == "undo":
                covering.not_for_it(one.dispute_id, data.draw(st.sampled_from([0, *took])))
            else:
                covering.let_stand(one.dispute_id)

        self._do(lambda: self.world.within(decided))

    def _under_way(self) -> list[Dispute]:
        return [one for one in self.world.rows(Dispute) if one.status in UNDER_WAY]

    @invariant()
    def the_case_says_the_same(self) -> None:
        for one in self.world.rows(Dispute) if hasattr(self, "world") else []:
            case = self.world.within(lambda one=one: queries.case_of(one.id))
            expected = {DisputeStatus.OPEN: CaseStatus.OURS, DisputeStatus.INFO_REQUESTED: CaseStatus.THEIRS}
            assert case.status is expected.get(one.status, CaseStatus.CLOSED)
            assert (case.act_by is None) == (case.status is CaseStatus.CLOSED)
            assert case.owner_id is not None

    @invariant()
    def only_what_is_contested_rests(self) -> None:
        if not hasattr(self, "world"):
            return
        running = [hold for hold in self.world.rows(Hold) if hold.ended_at is None]
        under_way = self._under_way()
        assert len(under_way) <= 1
        contested = [hold for hold in running if hold.reason == holds.DISPUTE]
        items = {item.item_id: item for item in self.world.items()}
        rest_on = {hold.due_item_id for hold in running if hold.reason != holds.DISPUTE}
        assert all(items[item_id].open.minor > 0 for item_id in rest_on), "nothing closed rests"
        open_items = [item for item in items.values() if item.open.minor]
        all_open = sum(item.open.minor for item in open_items)
        expected = sum(one.awaits_minor for one in self.world.rows(Dispute))
        if not under_way:
            assert contested == []
            assert rest(payable_now(open_items).payable_lines).minor == max(0, all_open - expected)
            return
        (one,) = under_way
        assert {hold.source_id for hold in contested} <= {one.id}
        if one.about != rules.WHOLE:
            assert sum(hold.amount_minor for hold in contested) <= one.amount_minor
        if one.about == rules.WHOLE:
            assert rest(payable_now(open_items).payable_lines).minor == 0
            return
        assert rest(payable_now(open_items).payable_lines).minor == max(0, all_open - expected - one.contested.minor)

    @invariant()
    def nothing_is_credited_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        assert world.within(books.unbalanced) == []
        assert world.within(origins.unbalanced) == []
        assert world.within(books.above_charges) == []
        ahead = world.rows(CreditAhead)
        self._waits_as_the_books_say(ahead)
        notes = sum(one.total_minor for one in world.rows(Invoice) if one.kind == "credit_note")
        covered = sum(one.covered_minor for one in ahead)
        credited = sum(one.amount_minor for one in ahead) + notes - covered
        left = world.within(lambda: books.unallocated(world.account.debtor_id))
        kept = sum(one.minor for one in left)
        assert world.open_minor() == WHOLE - self.paid - credited + kept
        valid = [one for one in world.rows(Dispute) if one.status in VALID and one.credit == rules.CREDIT_HERE]
        assert sum(one.amount_minor for one in ahead) <= sum(one.upheld_minor or 0 for one in valid)

    def _waits_as_the_books_say(self, ahead: list[CreditAhead]) -> None:
        """What no note has come for is the balance of its account, and each note stands in the books in full."""
        lines = self.world.rows(Transfer)
        balance = sum(
            one.amount_minor * ((one.debit == accounts.CREDIT_AHEAD) - (one.credit == accounts.CREDIT_AHEAD))
            for one in lines
        )
        assert balance == sum(one.waits.minor for one in ahead)
        standing = [one for one in self.world.rows(CreditCover) if one.undone_at is None]
        for one in ahead:
            assert one.covered_minor == sum(cover.amount_minor for cover in standing if cover.ahead_id == one.id)
        for note in (one for one in self.world.rows(Invoice) if one.kind == "credit_note"):
            booked = [one for one in lines if one.debit == accounts.CREDIT_NOTES and one.origin_id == note.id]
            assert sum(one.amount_minor for one in booked) == note.total_minor


def test_any_order_of_acts(app: PortalFlask, prepared: Prepared, request: pytest.FixtureRequest) -> None:
    Disputed.prepared = prepared
    many = 25 if request.node.callspec.params["prepared"] == "sqlite" else 8
    run_state_machine_as_test(Disputed, settings=how(max_examples=many, stateful_step_count=14, deadline=None))


def test_after_thirty_days_it_stays_closed(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.REJECTED)
    with time_machine.travel(clock.now() + timedelta(days=31)), pytest.raises(NotAllowedNow):
        world.within(lambda: actions.reopen(world.visit, one, "Look again"))
    world.within(lambda: actions.reopen(world.visit, one, "Look again"))
    world.close(one, rules.REJECTED)
    with pytest.raises(NotAllowedNow):
        world.within(lambda: actions.reopen(world.visit, one, "And again"))


def test_a_promised_credit_note_rests_until_it_has_come(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.UPHELD, credit=rules.CREDIT_FROM_SYSTEM)
    (item,) = world.items()
    assert (item.open, item.free) == (euro(100_000), euro(70_000))

    world.note(10_000)
    (item,) = world.items()
    assert (item.open, item.free) == (euro(90_000), euro(70_000))
    world.note(20_000)
    (item,) = world.items()
    assert (item.open, item.free) == (euro(70_000), euro(70_000))
    assert world.within(lambda: db.session().scalars(select(Hold).where(Hold.ended_at.is_(None))).all()) == []
