"""What a plan must not do to who keeps it, or tries to: lose a yes, ask for a discount, charge twice, end unannounced."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.debtors.models import ContactPoint
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.plans import actions, following, queries
from portal.plans.jobs import see_to_plans
from portal.settings import Settings
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.world import make_account, today_plus
from tests.plans.world import Planning

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def world(house: Settings) -> Planning:
    assert house
    return Planning(make_account())


def at(days: float) -> time_machine.travel:
    return time_machine.travel(NOON + timedelta(days=days), tick=False)


def day_by_day(first: int, last: int) -> Iterator[int]:
    for day in range(first, last):
        with at(day):
            yield day


def ended_on(
    world: Planning, plan_id: int, first: int = 9, last: int = 60, *, mails_leave: bool = True
) -> int | None:
    """The day on which the plan ended unkept, the daily work done on each."""
    for day in day_by_day(first, last):
        see_to_plans()
        if mails_leave:
            world.mails_leave()
        if world.status(plan_id) == "defaulted":
            return day
    return None


def test_what_a_colleague_agreed_to_is_found_and_not_lost_by_looking(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    world.policy(most_instalments=3)
    plan_id = world.offer(6, today_plus(10))
    world.agree(plan_id)
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    assert debtor.path.endswith(ids.spell(plan_id))
    assert world.status(plan_id) == "offered"


def test_what_one_looked_at_oneself_is_still_a_choice_among_others(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    assert world.status(world.offer(3, today_plus(10))) == "offered"
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    assert debtor.path == "/d/plan"


def test_all_that_is_left_is_without_the_discount(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    world.policy(most_instalments=3)
    plan_id = world.offer(6, today_plus(10))
    world.counter(plan_id, 4, today_plus(10), discount=15000, may_exceed=True)
    world.take(plan_id)
    world.accept(plan_id)
    doors.inside(debtor, world.account)
    debtor.get(f"/d/plans/{ids.spell(plan_id)}")
    (road,) = re.findall(r'href="([^"]*pay/part[^"]*amount=450[^"]*)"', debtor.text)
    debtor.get(road.replace("&amp;", "&"))
    assert debtor.status == 200
    assert "450.00" in debtor.text
    world.pay(45000)
    assert world.status(plan_id) == "completed"
    assert world.open() == 0


def test_what_was_paid_before_the_answer_counts_once(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
    with at(1):
        world.pay(10000)
    with at(2):
        world.agree(plan_id)
    with at(3):
        world.accept(plan_id)
        assert [amount for amount, _, _ in world.asked(plan_id)] == [8334, 8334, 8333, 8333, 8333, 8333]
        assert [paid for _, paid, _ in world.asked(plan_id)] == [0] * 6


def test_a_counter_does_not_outlive_the_amount_that_it_was_about(world: Planning) -> None:
    """Money comes between a counter-proposal and its answer: it is void, that is told, and they choose again."""
    with at(0):
        world.owe("600.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
        world.counter(plan_id, 4, today_plus(10), discount=15000, may_exceed=True)
    with at(1):
        world.pay(30000)
        assert world.status(plan_id) == "void"
        assert "plan_void" in world.messages()
        again = world.agreed(3, today_plus(10))
        assert [(amount, paid) for amount, paid, _ in world.asked(again)] == [(10000, 0)] * 3


def test_a_counter_that_is_taken_is_lived_as_it_was_accepted(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
        world.pay(30000)
        world.counter(plan_id, 4, today_plus(10), discount=15000, may_exceed=True)
    with at(1):
        world.take(plan_id)
        before = [amount for amount, _, _ in world.asked(plan_id)]
        world.accept(plan_id)
        assert sum(before) == 15000
        assert [(amount, paid) for amount, paid, _ in world.asked(plan_id)] == [(one, 0) for one in before]


@pytest.mark.parametrize("how", [following.SHORTER, following.LOWER])
def test_who_pays_the_next_one_a_day_early_has_paid_it(world: Planning, how: str) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(6, today_plus(10))
    with at(9):
        world.pay(10000)

        def recut() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            following.recut(plan, how)

        with pytest.raises(NotAllowedNow):
            world.within(recut)
        world.pay(5000)
        world.within(recut)
        first = next(row for row in world.rows(plan_id) if row.number == 1)
        assert (first.paid_minor, first.amount_minor) == (10000, 10000)
        assert sum(amount for amount, _, _ in world.asked(plan_id)) == 60000
    with at(12):
        see_to_plans()
        assert "plan_missed" not in world.messages()


def test_each_instalment_has_a_notice_of_its_own(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        world.policy(every=("month", "week"))
        plan_id = world.agreed(6, today_plus(10), every="week")
    assert ended_on(world, plan_id, 9, 30) is None
    with at(30):
        world.pay(20000)  # the first two; the third was due on day 24
    ended = ended_on(world, plan_id, 30)
    assert ended is not None
    assert ended >= 24 + 10 + 10
    assert world.messages().count("plan_notice") == 2


def test_nothing_ends_without_a_notice_that_left(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    assert ended_on(world, plan_id, mails_leave=False) is None
    assert world.messages().count("plan_notice") == 1


def test_who_cannot_be_written_to_is_not_given_up_on_by_itself(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
        stopped = update(ContactPoint).values(stopped_at=clock.now(), stopped_why="bounced")
        world.within(lambda: db.session().execute(stopped))
    assert ended_on(world, plan_id) is None
    assert "plan_notice" not in world.messages()


def test_a_notice_that_failed_is_written_anew_on_another_day_and_its_days_count_from_then(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    assert ended_on(world, plan_id, 9, 22, mails_leave=False) is None
    with at(21):
        see_to_plans()
        assert world.messages().count("plan_notice") == 1
        failed = update(Message).where(Message.key == "plan_notice").values(status=MessageStatus.FAILED)
        world.within(lambda: db.session().execute(failed))
        see_to_plans()
        assert world.messages().count("plan_notice") == 1
    ended = ended_on(world, plan_id, 25)
    assert ended is not None
    assert ended > 25 + 10
    assert world.messages().count("plan_notice") == 2


def test_while_a_change_is_looked_at_nothing_ends(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    with at(9):
        asked = world.change(plan_id, 6, today_plus(5))
        assert world.status(asked) == "proposed"
        assert "plan_asked" in world.holds()
    for _ in day_by_day(10, 14):
        see_to_plans()
    assert "plan_missed" not in world.messages()
    assert world.status(plan_id) == "active"


def test_an_instalment_that_was_moved_is_reminded_of_again(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    with at(8):
        see_to_plans()

        def move() -> None:
            plan, row = queries.plan(plan_id, lock=True), queries.asked(plan_id)[0]
            assert plan is not None
            actions.move_instalment(plan, row, row.due_on + timedelta(days=10))

        world.within(move)
        see_to_plans()
        assert world.messages().count("plan_reminder") == 1
    for _ in day_by_day(9, 19):
        see_to_plans()
    assert world.messages().count("plan_reminder") == 2
