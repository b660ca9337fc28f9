"""What goes back under a plan: older money, interest of a plan before, a discount, and a plan that was changed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.plans import following, papers, queries
from portal.plans.jobs import see_to_plans
from portal.settings import Settings
from tests.factories.world import make_account, today_plus
from tests.plans.world import Planning

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def world(house: Settings) -> Planning:
    assert house
    return Planning(make_account())


def at(days: float) -> time_machine.travel:
    return time_machine.travel(NOON + timedelta(days=days), tick=False)


def amounts(world: Planning, plan_id: int) -> list[int]:
    return [amount for amount, _, _ in world.asked(plan_id)]


def test_older_money_that_goes_back_is_debt_again_and_what_is_paid_stays_paid(world: Planning) -> None:
    with at(-30):
        world.owe("700.00")
        world.pay(10000)
    with at(0):
        plan_id = world.agreed(6, today_plus(5))
    with at(2):
        world.bounce(10000)
        assert amounts(world, plan_id) == [10000] * 5 + [20000]
    with at(4):
        world.pay(10000)
        assert world.asked(plan_id)[0] == (10000, 10000, "paid")
        assert amounts(world, plan_id) == [10000] * 5 + [20000], "and it is asked for still"
        world.bounce(10000)
        assert world.asked(plan_id)[0] == (10000, 0, "scheduled"), "of one origin the last that came goes back first"
        assert amounts(world, plan_id) == [10000] * 5 + [20000]


def test_money_of_the_plan_before_goes_back_beside_the_plan_in_its_place(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        former = world.agreed(6, today_plus(5))
    with at(4):
        world.pay(10000)
    with at(10):
        plan_id = world.change(former, 5, today_plus(5))
        world.agree(plan_id)
        world.accept(plan_id)
    with at(12):
        world.bounce(10000)
    with at(14):
        world.pay(10000)
        assert world.asked(plan_id)[0] == (10000, 10000, "paid")
        assert amounts(world, plan_id) == [10000] * 4 + [20000]


def test_a_changed_plan_is_about_the_debt_without_the_interest_of_the_one_before(world: Planning) -> None:
    with at(0):
        world.owe("1000.00")
        world.policy(interest_percent="10")
        former = world.agreed(6, today_plus(5))
        assert world.open() > 100000
    with at(10):
        plan_id = world.change(former, 5, today_plus(5))
        world.agree(plan_id)
        plan = world.one(plan_id)
        assert plan.debt_minor == 100000
        shown = amounts(world, plan_id)
        assert sum(shown) == plan.total_minor == 100000 + plan.interest_minor
        words = world.within(lambda: [item.open.minor for item in following.items_of(world.one(plan_id))])
        assert words == [100000], "the text and the acknowledgement say what is owed"
        world.accept(plan_id)
        assert amounts(world, plan_id) == shown, "what was accepted is what is asked for"
        assert world.open() == plan.total_minor
        facts = world.within(lambda: json.loads(papers.of_plan(plan_id).json))  # type: ignore[union-attr]
        assert facts["plan"]["debt"] == "1000.00"
        assert [one["in_plan"] for one in facts["documents"]] == ["1000.00"]


def test_interest_of_a_changed_plan_never_eats_an_instalment(world: Planning) -> None:
    with at(0):
        world.owe("1000.00")
        world.policy(interest_percent="60", most_instalments=40, least_minor=1, longest_days=2000)
        former = world.agreed(3, today_plus(5))
        plan_id = world.change(former, 40, today_plus(5))
        world.agree(plan_id)
        shown = amounts(world, plan_id)
        assert world.one(plan_id).interest_minor > shown[-1]
        world.accept(plan_id)
        assert amounts(world, plan_id) == shown


def test_a_payment_or_other_interest_voids_a_changed_plan_and_the_old_interest_does_not(world: Planning) -> None:
    with at(0):
        world.owe("1000.00")
        world.policy(interest_percent="10")
        former = world.agreed(6, today_plus(5))
        plan_id = world.change(former, 5, today_plus(5))
        world.agree(plan_id)
        world.within(lambda: following.hear(queries.item_ids(plan_id)[0]))
        assert world.status(plan_id) == "offered"
        world.pay(100)
        assert world.status(plan_id) == "void"


@pytest.mark.parametrize("activated", [False, True])
def test_who_takes_a_changed_plan_back_has_the_former_one_again(world: Planning, activated: bool) -> None:
    """With its interest, its amounts and days, and what rests for it (rule C-44)."""
    with at(0):
        world.policy(interest_percent="10")
        world.owe("600.00")
        world.owe("400.00")
        former = world.agreed(6, today_plus(15))
        before, asked_before = world.asked(former), world.open()
        references = [row.reference for row in world.rows(former)]
    with at(10 if activated else 0.5):
        see_to_plans()
        plan_id = world.change(former, 5, today_plus(5))
        world.agree(plan_id)
        world.accept(plan_id)
        assert world.status(former) == "renegotiated"
        world.take_back(plan_id)
        assert world.status(plan_id) == "withdrawn"
        assert world.status(former) == ("active" if activated else "accepted")
        assert world.asked(former) == before
        assert world.open() == asked_before
        assert [row.reference for row in world.rows(former)] == references
        assert world.holds() == ["plan", "plan"]
        assert world.names("plan.resumed") == ["plan.resumed"]
    with at(11):
        see_to_plans()
        world.pay(30000)
        assert world.asked(former)[0][2] == "paid"
        plan_id = world.change(former, 5, today_plus(5))
        world.agree(plan_id)
        world.accept(plan_id)
        world.pay(10000)
        world.take_back(plan_id)
        assert sum(paid for _, paid, _ in world.asked(former)) == 40000, "what came meanwhile counts"
        assert world.open() == asked_before - 40000


def test_a_plan_that_had_ended_unkept_does_not_stand_again(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        former = world.agreed(3, today_plus(10))
    with at(21):
        see_to_plans()
        world.mails_leave()
    with at(32):
        see_to_plans()
        assert world.status(former) == "defaulted"
        plan_id = world.change(former, 3, today_plus(10))
        world.agree(plan_id)
        world.accept(plan_id)
        world.take_back(plan_id)
        assert world.status(former) == "renegotiated"
        assert world.holds() == []


def test_what_was_let_go_of_is_owed_again_when_the_plan_ends_unkept(world: Planning) -> None:
    with at(0):
        world.owe("300.00")
        world.owe("300.00")
        plan_id = world.asks(12)
        world.counter(plan_id, 3, today_plus(10), discount=15000, may_exceed=True)
        world.take(plan_id)
        world.accept(plan_id)
        world.pay(30000)
        world.pay(15000, invoice=1)
        assert (world.status(plan_id), world.open()) == ("completed", 0)
    with at(20):
        world.bounce(15000)
        assert (world.status(plan_id), world.open()) == ("active", 30000)
        assert sum(amounts(world, plan_id)) == 45000
    for day in range(21, 140):
        with at(day):
            see_to_plans()
            world.mails_leave()
            if world.status(plan_id) == "defaulted":
                break
    assert (world.status(plan_id), world.open()) == ("defaulted", 30000), "all but what was paid"


def test_whose_money_went_back_late_hears_of_it_by_a_word_and_has_the_grace_from_then_on(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    with at(12):
        see_to_plans()
        assert world.messages().count("plan_missed") == 1
        world.pay(20000)
    with at(35):
        see_to_plans()
        world.bounce(20000)
        assert [row[2] for row in world.asked(plan_id)] == ["overdue", "scheduled", "scheduled"]
    with at(36):
        see_to_plans()
        see_to_plans()
        assert world.messages().count("plan_missed") == 2
    for day in range(37, 47):
        with at(day):
            see_to_plans()
            assert "plan_notice" not in world.messages(), f"the grace is not over on day {day}"
    with at(47):
        see_to_plans()
        assert world.messages().count("plan_notice") == 1


def test_no_notice_goes_out_before_the_word(world: Planning) -> None:
    """Nobody could be written to for weeks after the money went back: the word comes first all the same."""
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
        world.pay(20000)
    with at(12):
        world.bounce(20000)
        assert world.asked(plan_id)[0][2] == "overdue"
    with at(40):
        see_to_plans()
        assert world.messages() == ["plan_missed"]
        see_to_plans()
        assert world.messages() == ["plan_missed"], "and then the days of grace"
