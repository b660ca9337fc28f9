"""Versions of what may be agreed: each save a new number, cited by plans, and nobody's save is lost in another's."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.core import db, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.creditors import versions
from portal.creditors.versions import Overtaken
from portal.debtors.models import Debtor
from portal.invoices import queries as invoice_queries
from portal.plans import actions, policies
from portal.plans.models import Plan, PlanPolicy
from portal.plans.policies import BUSINESS, CONSUMER, FIRST, Policy, Version
from portal.settings import Settings
from tests.factories.world import Account, make_account, make_creditor

Within = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def account(house: Settings) -> Account:
    return make_account()


@pytest.fixture
def within(account: Account) -> Within:
    def act(what: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(account.creditor_id)
            return what()

    return act


def save(after: int, licensed: bool = False, **changed: Any) -> Version:
    """Saves the version in force with that change of what companies may agree."""
    now = policies.current()
    segments = {**now.segments, BUSINESS: replace(now.segments[BUSINESS], **changed)}
    return policies.write(Version(0, segments, now.large_from, licensed), by=None, after=after)


def test_before_anybody_wrote_one_the_careful_one_holds(within: Within) -> None:
    assert within(policies.current) == FIRST
    assert within(policies.history) == []
    with pytest.raises(LookupError):
        within(lambda: policies.version(1))


def test_each_save_is_a_new_number_and_the_ones_of_before_stay(within: Within) -> None:
    within(lambda: save(0, most_instalments=4))
    within(lambda: save(1, most_instalments=5, every=("month", "week"), interest_percent="3.5"))
    third = within(lambda: save(2, licensed=True))
    assert third.number == 3
    assert within(policies.current) == third
    assert within(lambda: policies.version(1)).segments[BUSINESS].most_instalments == 4
    second = within(lambda: policies.version(2))
    assert second.segments[BUSINESS] == replace(
        Policy(), most_instalments=5, every=("month", "week"), interest_percent="3.5"
    )
    assert second.segments[CONSUMER] == FIRST.segments[CONSUMER]
    assert (second.licensed_lender, third.licensed_lender) == (False, True)
    assert within(lambda: policies.version(0)) == FIRST
    assert [one.number for one in within(policies.history)] == [3, 2, 1]


def test_each_says_so_in_the_history_and_what_is_the_same_says_nothing(within: Within) -> None:
    within(lambda: save(0, most_instalments=4))
    assert within(lambda: save(1, most_instalments=4)).number == 1
    assert within(lambda: save(0, most_instalments=4)).number == 1, "the same from an old page is the same"
    wanted = select(EventRow.data).where(EventRow.name == "plan.policy_changed")
    assert [data["number"] for data in within(lambda: list(db.session().scalars(wanted)))] == [1]
    assert within(lambda: db.session().scalar(select(func.count(PlanPolicy.id)))) == 1


def test_saving_the_careful_one_unchanged_writes_nothing(within: Within) -> None:
    assert within(lambda: save(0)) == FIRST
    assert within(policies.history) == []


def test_who_saves_after_an_older_version_is_told_which_one_holds(within: Within) -> None:
    within(lambda: save(0, most_instalments=4))
    for after in (0, 2, 7):
        with pytest.raises(Overtaken) as told:
            within(partial(save, after, most_instalments=5))
        assert told.value.now.number == 1
        assert told.value.status == 409
    assert within(policies.current).segments[BUSINESS].most_instalments == 4


def test_two_at_the_same_moment(within: Within, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read version 0 before either wrote: the key refuses the second, and its transaction still stands."""
    within(lambda: save(0, most_instalments=4))
    real, seen = versions.newest, [None]
    other = replace(FIRST, segments={**FIRST.segments, BUSINESS: Policy(most_instalments=5)})

    def second() -> int:
        monkeypatch.setattr(versions, "newest", lambda table: seen.pop() if seen else real(table))
        try:
            with pytest.raises(Overtaken) as told:
                policies.write(other, by=None, after=0)
            assert told.value.now.number == 1
            return int(db.session().scalar(select(func.count(PlanPolicy.id))) or 0)
        finally:
            monkeypatch.setattr(versions, "newest", real)

    assert within(second) == 1


def test_another_creditors_versions_are_their_own(within: Within) -> None:
    within(lambda: save(0, most_instalments=4))
    other = make_creditor("verdi")
    with db.transaction():
        scope.enter(other.id)
        assert policies.current() == FIRST
        assert save(0, most_instalments=9).number == 1
    assert within(policies.current).segments[BUSINESS].most_instalments == 4


def test_a_version_from_before_a_field_was_thought_of_has_its_careful_value(within: Within) -> None:
    within(lambda: save(0, most_instalments=4))

    def age() -> None:
        row = db.session().scalars(select(PlanPolicy)).one()
        bare = {**row.segments["segments"][BUSINESS], "thought_of_later": 1}
        del bare["move_days"]
        older = {**row.segments, "segments": {BUSINESS: bare}}
        db.changed(update(PlanPolicy).where(PlanPolicy.id == row.id).values(segments=older))

    within(age)
    found = within(policies.current)
    assert found.segments[BUSINESS] == Policy(most_instalments=4)
    assert found.segments[CONSUMER] == Policy()


def test_a_plan_cites_the_version_that_decided(account: Account, within: Within) -> None:
    first, second = account.add_invoice("1", "600.00"), account.add_invoice("2", "700.00")

    def agree(invoice_id: int) -> tuple[int, int]:
        """The version that the plan cites, and how many instalments it was offered with at most."""
        debtor = db.session().get_one(Debtor, account.debtor_id)
        found = actions.room(debtor, invoice_queries.items_of_debtor(account.debtor_id, invoice_id))
        longest = found.choices()[-1]
        plan = actions.offer(debtor, found, longest, visit_id=None)
        return plan.policy_number, longest.instalments

    within(lambda: save(0, most_instalments=4))
    assert within(lambda: agree(first)) == (1, 4)
    within(lambda: save(1, most_instalments=3))
    assert within(lambda: agree(second)) == (2, 3)
    numbers = select(Plan.policy_number).order_by(Plan.id)
    assert within(lambda: list(db.session().scalars(numbers))) == [1, 2]


def test_a_consumers_offer_bears_no_interest_whatever_was_saved(within: Within) -> None:
    """Rule B-75 through the whole road: policy in the database, room, frozen plan."""
    marta = make_account(make_creditor("verdi"), kind="consumer", vat_number=None, tax_code="RSSMRT80A41A944X")
    invoice_id = marta.add_invoice("9", "2000.00")

    def offered(licensed: bool) -> Plan:
        now = policies.current()
        segments = {name: replace(one, interest_percent="12") for name, one in FIRST.segments.items()}
        policies.write(Version(0, segments, FIRST.large_from, licensed), by=None, after=now.number)
        debtor = db.session().get_one(Debtor, marta.debtor_id)
        found = actions.room(debtor, invoice_queries.items_of_debtor(marta.debtor_id, invoice_id))
        return actions.offer(debtor, found, found.choices()[0], visit_id=None)

    with db.transaction():
        scope.enter(marta.creditor_id)
        plan = offered(licensed=False)
        assert (plan.interest_minor, plan.total) == (0, Money(2000_00, "EUR"))
        plan = offered(licensed=True)
        assert plan.interest_minor > 0
        assert plan.total_minor == 2000_00 + plan.interest_minor
