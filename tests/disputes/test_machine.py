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
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.disputes import actions, queries, rules
from portal.disputes.models import Dispute
from portal.disputes.states import UNDER_WAY, VALID, DisputeStatus
from portal.invoices import actions as invoices
from portal.invoices import credit_notes, holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import CreditAhead, Hold, Invoice
from portal.invoices.payable import payable_now, rest
from portal.ledger import actions as ledger
from portal.ledger import queries as books
from portal.people.models import Staff
from portal.web.edge import PortalFlask
from tests.databases import Prepared
from tests.disputes.world import Contesting, euro

WHOLE = 100_000


def note(world: Contesting, minor: int) -> None:
    """A credit note of the creditor's system for the invoice."""

    def act() -> None:
        number = f"N{ids.spell(ids.new_id())}"
        new = invoices.NewInvoice(ids.new_id(), world.account.debtor_id, "credit_note", number, clock.today(),
                                  euro(minor), (), related_number="128/2026")  # fmt: skip
        invoices.add_invoices([new])
        credit_notes.apply_credit_note(db.session().get_one(Invoice, new.invoice_id))

    world.within(act)


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
        def act() -> int:
            left = minor
            for place, item in enumerate(self._items_now()):
                part = min(left, item.open.minor)
                if part:
                    source = ledger.Source("bank_movement", ids.new_id())
                    invoices.settle_item(item, euro(part), account="bank", kind="payment", source=source,
                                         value_on=clock.today(), position=place)  # fmt: skip
                    left -= part
            return minor - left

        self.paid += self.world.within(act)

    @rule(minor=st.integers(1, WHOLE // 2))
    def send_note(self, minor: int) -> None:
        """The creditor's system credits the invoice, asked to or not."""
        note(self.world, minor)

    def _items_now(self) -> list[Any]:
        return invoice_queries.items_of_debtor(self.world.account.debtor_id, self.world.invoice_id)

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
        assert all(items[hold.due_item_id].open.minor > 0 for hold in running), "nothing closed rests"
        if not under_way:
            assert contested == []
            return
        (one,) = under_way
        assert {hold.source_id for hold in contested} <= {one.id}
        if one.about != rules.WHOLE:
            assert sum(hold.amount_minor for hold in contested) <= one.amount_minor
        open_items = [item for item in items.values() if item.open.minor]
        free = rest(payable_now(open_items).payable_lines).minor
        others = sum(hold.amount_minor or 0 for hold in running if hold.reason == holds.CREDIT_EXPECTED)
        most_resting = one.amount_minor if one.about != rules.WHOLE else WHOLE
        assert free >= sum(item.open.minor for item in open_items) - most_resting - others

    @invariant()
    def nothing_is_credited_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        assert world.within(books.unbalanced) == []
        ahead = world.rows(CreditAhead)
        notes = sum(one.total_minor for one in world.rows(Invoice) if one.kind == "credit_note")
        covered = sum(one.covered_minor for one in ahead)
        credited = sum(one.amount_minor for one in ahead) + notes - covered
        left = world.within(lambda: books.unallocated(world.account.debtor_id))
        kept = sum(one.minor for one in left)
        assert world.open_minor() == WHOLE - self.paid - credited + kept
        valid = [one for one in world.rows(Dispute) if one.status in VALID and one.credit == rules.CREDIT_HERE]
        assert sum(one.amount_minor for one in ahead) <= sum(one.upheld_minor or 0 for one in valid)


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


def test_the_credit_note_that_comes_later_takes_the_place_of_the_credit(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.UPHELD, credit=rules.CREDIT_HERE)
    assert world.open_minor() == 70_000
    note(world, 20_000)
    assert world.open_minor() == 70_000, "it covers what was credited, and credits nothing more"
    note(world, 15_000)
    assert world.open_minor() == 65_000, "only what is beyond it lowers what is open"


def test_a_promised_credit_note_rests_until_it_has_come(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.UPHELD, credit=rules.CREDIT_FROM_SYSTEM)
    (item,) = world.items()
    assert (item.open, item.free) == (euro(100_000), euro(70_000))

    note(world, 10_000)
    (item,) = world.items()
    assert (item.open, item.free) == (euro(90_000), euro(70_000))
    note(world, 20_000)
    (item,) = world.items()
    assert (item.open, item.free) == (euro(70_000), euro(70_000))
    assert world.within(lambda: db.session().scalars(select(Hold).where(Hold.ended_at.is_(None))).all()) == []
