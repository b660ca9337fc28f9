"""A plan from the page to the last instalment: chosen, accepted with a code, paid, missed, moved, taken back."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.doubles.phone import Phone
from portal.plans import actions, following, queries
from portal.plans.jobs import see_to_plans
from portal.settings import Settings
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.world import make_account, make_creditor, today_plus
from tests.plans.world import Planning
from tests.randomness import without_drawn

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def world(house: Settings) -> Planning:
    return Planning(make_account())


def at(days: float) -> time_machine.travel:
    return time_machine.travel(NOON + timedelta(days=days), tick=False)


def test_from_the_page_to_a_plan_that_stands(debtor: Debtor, phone: Phone) -> None:
    account = make_account()
    world = Planning(account)
    world.owe("600.00")
    doors.add_mobile(account)
    doors.inside(debtor, account)
    assert "/d/plan" in debtor.text
    debtor.get("/d/plan")
    debtor.submit("/d/plan", way="")
    assert debtor.status == 422
    ways = [part.split('"')[0] for part in debtor.text.split('name="way" value="')[1:]]
    assert len(ways) == 4, ways
    debtor.submit("/d/plan", way=ways[1])
    assert debtor.status == 200, debtor.text
    page = debtor.path
    plan_id = ids.read(page.rsplit("/", 1)[1])
    assert world.status(plan_id) == "offered"
    assert world.holds() == []
    debtor.submit("/accept")
    assert debtor.status == 422, "nothing is ticked beforehand"
    debtor.submit("/accept", accept="yes")
    assert "600.00" in debtor.text
    assert "1988" not in without_drawn(debtor.text), "the acknowledgement is an act of its own"
    doors.signed(debtor)
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[0].code)
    assert debtor.path == page, debtor.text
    assert world.status(plan_id) == "accepted"
    assert world.holds() == ["plan"]
    debtor.get("/d/")
    assert world.names("plan.%") == ["plan.offered", "plan.accepted"]
    debtor.get("/d/plan")
    assert debtor.path == page
    debtor.submit("/take-back")
    assert world.status(plan_id) == "withdrawn"
    assert world.holds() == []


def test_outside_the_policy_it_is_shown_first_and_then_sent_to_a_person(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    debtor.submit("/d/plan", way="own", each="10", every="month", first_on=today_plus(20).isoformat())
    assert debtor.status == 200
    assert "Your proposal" in debtor.text
    assert world.names("plan.%") == [], "looking changes nothing"
    debtor.submit("/d/plan", words="Work is slow in winter.")
    plan_id = ids.read(debtor.path.rsplit("/", 1)[1])
    assert world.status(plan_id) == "proposed"
    assert world.holds() == ["plan_asked"]
    assert "Thank you" in debtor.text
    debtor.submit("/cancel")
    assert world.status(plan_id) == "cancelled"
    assert world.holds() == []


@pytest.mark.parametrize("each", ["", "0", "-5", "1.000.000", "abc", "12,345", "700"])
def test_what_is_no_amount_is_said_beside_the_field(debtor: Debtor, each: str) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    debtor.submit("/d/plan", way="own", each=each, every="month", first_on=today_plus(20).isoformat())
    assert debtor.status == 422
    assert world.names("plan.%") == []


def test_another_ones_plan_is_not_there(debtor: Debtor) -> None:
    one = Planning(make_account())
    other = Planning(make_account(make_creditor("verdi")))
    for world in (one, other):
        world.owe("600.00")
    plan_id = other.agreed(3, today_plus(10))
    doors.inside(debtor, one.account)
    row = other.rows(plan_id)[0]
    for path in (f"/d/plans/{ids.spell(plan_id)}",
                 f"/d/plans/{ids.spell(plan_id)}/instalments/{ids.spell(row.id)}/transfer"):  # fmt: skip
        debtor.get(path)
        assert debtor.status == 404


def test_money_pays_instalments_in_order_and_money_that_goes_back_opens_them(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    with at(9):
        world.pay(20000)
        assert world.asked(plan_id) == [(20000, 20000, "paid"), (20000, 0, "scheduled"), (20000, 0, "scheduled")]
        world.bounce(5000)
        assert world.asked(plan_id)[0] == (20000, 15000, "part_paid")
        world.pay(5000)
    with at(100):
        world.pay(40000)
        assert world.status(plan_id) == "completed"
        assert world.holds() == []
        world.bounce(40000)
        assert world.status(plan_id) == "active"
        assert world.holds() == ["plan"]
        assert [row[2] for row in world.asked(plan_id)] == ["paid", "overdue", "overdue"]


def test_a_credit_note_takes_from_the_last_ones(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
        world.credit(25000)
        assert world.asked(plan_id) == [(20000, 0, "scheduled"), (15000, 0, "scheduled")]


def test_an_offer_is_void_when_the_books_change_and_a_code_for_it_counts_no_more(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.offer(3, today_plus(10))
        world.pay(1000)
        assert world.status(plan_id) == "void"
        with pytest.raises(NotAllowedNow):
            world.accept(plan_id)


def test_paying_ahead_shortens_or_lowers_as_one_likes(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(6, today_plus(10))
        world.pay(15000)
        assert [row[1] for row in world.asked(plan_id)] == [10000, 5000, 0, 0, 0, 0]

        def lower() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            following.recut(plan, following.LOWER)

        world.within(lower)
        paid = [(5000, 5000, "paid"), (10000, 10000, "paid")]  # what is ahead, and the next one, which stays paid
        assert world.asked(plan_id) == paid + [(9000, 0, "scheduled")] * 5
        world.pay(10000)

        def shorter() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            following.recut(plan, following.SHORTER)

        world.within(shorter)
        assert sum(row[0] for row in world.asked(plan_id)) == 60000
        assert [row[0] for row in world.asked(plan_id)] == [5000, 10000, 10000, 9000, 9000, 9000, 8000]


def test_missed_then_a_word_a_notice_and_only_then_the_end(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    with at(8):
        see_to_plans()
        see_to_plans()
        assert world.status(plan_id) == "active"
        assert world.messages().count("plan_reminder") == 1
    with at(12):
        see_to_plans()
        see_to_plans()
        assert world.messages().count("plan_missed") == 1
    with at(19):
        see_to_plans()
        assert "plan_notice" not in world.messages()
    with at(21):
        see_to_plans()
        assert world.messages().count("plan_notice") == 1
        world.mails_leave()
    with at(31):
        see_to_plans()
        assert world.status(plan_id) == "active", "the days after the notice are not over"
    with at(32):
        see_to_plans()
        assert world.status(plan_id) == "defaulted"
        assert world.holds() == []
        assert world.messages().count("plan_ended") == 1
        assert {row.status.value for row in world.rows(plan_id)} == {"cancelled"}


def test_a_payment_after_the_notice_keeps_the_plan(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
    with at(21):
        see_to_plans()
        world.pay(20000)
        see_to_plans()
        assert world.one(plan_id).notice_on is None
    with at(34):
        see_to_plans()
        assert world.status(plan_id) == "active"


def test_an_instalment_moves_once_and_not_too_far(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(10))
        row = world.rows(plan_id)[0]

        def move(days: int) -> None:
            plan = queries.plan(plan_id, lock=True)
            found = next(one for one in queries.asked(plan_id) if one.id == row.id)
            assert plan is not None
            actions.move_instalment(plan, found, row.due_on + timedelta(days=days))

        with pytest.raises(NotAllowedNow):
            world.within(lambda: move(15))
        world.within(lambda: move(14))
        with pytest.raises(NotAllowedNow):
            world.within(lambda: move(1))
        assert min(one.due_on for one in world.rows(plan_id)) == clock.today() + timedelta(days=24)


def test_another_plan_takes_the_place_of_one_that_stands_and_keeps_what_was_paid(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        former = world.agreed(3, today_plus(10))
        world.pay(10000)
        plan_id = world.change(former, 5, today_plus(20))
        assert world.status(plan_id) == "proposed"
        with pytest.raises(NotAllowedNow):
            world.change(former, 4, today_plus(20))
        assert world.status(former) == "accepted", "the plan that stands goes on until another is accepted"
        world.agree(plan_id)
        world.accept(plan_id)
        assert (world.status(former), world.status(plan_id)) == ("renegotiated", "accepted")
        assert world.asked(plan_id) == [(10000, 0, "scheduled")] * 5
        assert world.holds() == ["plan"]
        world.pay(50000)
        assert world.status(plan_id) == "completed"


def test_a_plan_is_asked_to_be_changed_on_its_page(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    plan_id = world.agreed(3, today_plus(10))
    doors.inside(debtor, world.account)
    assert "200.00" in debtor.text, "the next instalment is on the first page"
    debtor.get(f"/d/plan?of={ids.spell(plan_id)}")
    debtor.submit("/d/plan", way="own", each="100", every="month", first_on=today_plus(20).isoformat())
    debtor.submit("/d/plan", words="It is a slow winter.")
    assert world.names("plan.%")[-1] == "plan.proposed"
    assert world.status(plan_id) == "accepted"


def test_what_is_let_go_of_is_booked_off_at_the_end_and_only_then(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.asks(12)
        with pytest.raises(NotAllowedNow):
            world.counter(plan_id, 2, today_plus(10), discount=20000)
        world.counter(plan_id, 2, today_plus(10), discount=20000, may_exceed=True)
        world.take(plan_id)
        world.accept(plan_id)
        assert [row[0] for row in world.asked(plan_id)] == [20000, 20000]
        world.pay(39999)
        assert (world.status(plan_id), world.open()) == ("accepted", 20001)
        world.pay(1)
        assert (world.status(plan_id), world.open()) == ("completed", 0)
        world.bounce(10000)
        assert (world.status(plan_id), world.open()) == ("active", 30000), "it waits for the end again"
        assert world.asked(plan_id) == [(20000, 20000, "paid"), (20000, 10000, "part_paid")]
        world.pay(10000)
        assert (world.status(plan_id), world.open()) == ("completed", 0)


def test_agreed_interest_is_owed_with_the_plan_and_goes_when_the_plan_goes(world: Planning) -> None:
    with at(0):
        world.policy(interest_percent="6")
        world.owe("600.00")
        plan_id = world.agreed(3, today_plus(30))
        interest = world.one(plan_id).interest_minor
        assert interest == 296 + 204 + 102, "600 for 30 days, 400 for 31 and 200 for 31, each half a cent up"
        assert world.open() == 60000 + interest
        assert sum(row[0] for row in world.asked(plan_id)) == 60000 + interest
        world.take_back(plan_id)
        assert world.open() == 60000
        plan_id = world.agreed(3, today_plus(30))
        world.pay(60000 + interest)
        assert (world.status(plan_id), world.open()) == ("completed", 0)


def test_who_signs_in_another_role_waits_and_the_offer_waits_too(debtor: Debtor, phone: Phone) -> None:
    account = make_account()
    world = Planning(account)
    world.owe("600.00")
    doors.add_mobile(account)
    plan_id = world.offer(3, today_plus(10))
    doors.inside(debtor, account)
    debtor.get(f"/d/plans/{ids.spell(plan_id)}")
    debtor.submit("/accept", accept="yes")
    doors.signed(debtor, role="other")
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[0].code)
    assert world.status(plan_id) == "pending_representative"
    assert world.holds() == ["plan_asked"], "nobody chases, and nothing stands yet"
    [row] = doors.step_ups(account)

    def agree() -> None:
        step_up.agree(db.session().get_one(StepUp, row.id), "called")

    world.within(agree)
    assert world.status(plan_id) == "accepted"
    assert world.holds() == ["plan"]


def test_who_may_not_sign_has_no_plan(debtor: Debtor, phone: Phone) -> None:
    account = make_account()
    world = Planning(account)
    world.owe("600.00")
    plan_id = world.offer(3, today_plus(10))
    doors.inside(debtor, account)
    debtor.get(f"/d/plans/{ids.spell(plan_id)}")
    debtor.submit("/accept", accept="yes")
    doors.signed(debtor)
    assert world.status(plan_id) == "pending_representative", "no second way to reach them: a person makes sure"
    [row] = doors.step_ups(account)
    world.within(lambda: step_up.decline(db.session().get_one(StepUp, row.id)))
    assert world.status(plan_id) == "rejected"
    assert world.holds() == []


def test_what_is_ten_years_old_is_for_a_person(debtor: Debtor) -> None:
    """No plan and no acknowledgement of what may be time-barred (rules C-14, C-45)."""
    world = Planning(make_account())
    world.owe("600.00", due_in=-3700)
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    assert "It is so old" in debtor.text
    assert 'name="way"' not in debtor.text
