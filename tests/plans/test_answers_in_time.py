"""Terms that are answered late, under another policy, or while something else has come up; and what is said of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.debtors import step_up
from portal.debtors.models import Debtor as Row
from portal.debtors.models import StepUp
from portal.doubles.phone import Phone
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.messages import rendering
from portal.messages.models import Message
from portal.people.roles import Role
from portal.plans import queries, staff_words
from portal.plans.answer_jobs import see_to_answers
from portal.settings import Settings
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.people import signed_in
from tests.factories.world import make_account, today_plus
from tests.plans.world import Planning

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def world(house: Settings) -> Planning:
    assert house
    return Planning(make_account())


def at(days: float) -> time_machine.travel:
    return time_machine.travel(NOON + timedelta(days=days), tick=False)


def pending(world: Planning, debtor: Debtor, phone: Phone, count: int = 3, first: date | None = None) -> int:
    """Somebody accepts who has to be made sure of; the id of the plan."""
    doors.add_mobile(world.account)
    plan_id = world.offer(count, first or today_plus(10))
    doors.inside(debtor, world.account)
    debtor.get(f"/d/plans/{ids.spell(plan_id)}")
    debtor.submit("/accept", accept="yes")
    doors.signed(debtor, role="other")
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[0].code)
    assert world.status(plan_id) == "pending_representative"
    return plan_id


def vouch(world: Planning) -> None:
    [row] = doors.step_ups(world.account)
    world.within(lambda: step_up.agree(db.session().get_one(StepUp, row.id), "called"))


def test_the_version_in_force_at_the_answer_decides_and_is_cited(world: Planning) -> None:
    with at(0):
        world.owe("1000.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
        first = world.one(plan_id).policy_number
        world.policy(interest_percent="12", grace_days=5)
        world.agree(plan_id)
        plan = world.one(plan_id)
        assert plan.interest_minor > 0
        assert (plan.policy_number, plan.grace_days) == (first + 1, 5)
        rounds = world.within(lambda: [one.terms["policy"] for one in queries.rounds(plan_id)])
        assert rounds == [first, first + 1], "each round says under which version it was put"


def test_a_counter_proposal_is_taken_as_it_was_made_whatever_the_policy_says_since(world: Planning) -> None:
    with at(0):
        world.owe("1000.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
        world.counter(plan_id, 4, today_plus(10))
        cited, shown = world.one(plan_id).policy_number, world.asked(plan_id)
        world.policy(interest_percent="12", grace_days=5)
        world.take(plan_id)
        plan = world.one(plan_id)
        assert (plan.policy_number, plan.interest_minor, plan.grace_days) == (cited, 0, 10)
        assert world.asked(plan_id) == shown


def test_the_discount_goes_by_the_policy_in_force(world: Planning) -> None:
    with at(0):
        world.owe("1000.00")
        world.policy(most_instalments=3, discount_percent=50)
        plan_id = world.offer(6, today_plus(10))
        world.policy(discount_percent=5)
        with pytest.raises(NotAllowedNow):
            world.counter(plan_id, 4, today_plus(10), discount=10000)
        world.counter(plan_id, 4, today_plus(10), discount=5000)


def test_an_offer_stands_no_longer_than_until_its_first_day(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.offer(3, today_plus(2))
        assert world.one(plan_id).answer_by == datetime(2026, 11, 25, 22, 59, tzinfo=UTC)
    with at(3):
        with pytest.raises(NotAllowedNow, match="time for accepting it is over"):
            world.accept(plan_id)
        see_to_answers()
        assert world.status(plan_id) == "expired"
        again = world.offer(3, today_plus(2))
        world.accept(again)
        assert all(row[2] == "scheduled" for row in world.asked(again))


def test_a_down_payment_has_as_long_as_the_offer_stands(world: Planning) -> None:
    """Whoever accepts in time is not late with it, by bank transfer either."""
    with at(0):
        world.owe("600.00")
        plan_id = world.offer(3, today_plus(20), down=Money(10000, "EUR"))
        assert world.rows(plan_id)[0].due_on == clock.today() + timedelta(days=7)
    with at(5):
        world.accept(plan_id)
        assert {row[2] for row in world.asked(plan_id)} == {"scheduled"}


def test_what_waits_for_who_may_sign_has_an_end_and_says_so(debtor: Debtor, phone: Phone) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    plan_id = pending(world, debtor, phone, first=today_plus(3))
    ends = world.one(plan_id).answer_by
    assert ends is not None
    assert ends < clock.now() + timedelta(days=4)
    with time_machine.travel(clock.now() + timedelta(days=4), tick=True):
        with pytest.raises(NotAllowedNow):
            vouch(world)
        see_to_answers()
        assert world.status(plan_id) == "expired"
        assert world.holds() == []
        assert world.messages()[-1] == "plan_void"


def test_what_is_disputed_while_it_waits_for_who_may_sign_is_not_agreed(debtor: Debtor, phone: Phone) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    plan_id = pending(world, debtor, phone)

    def dispute() -> None:
        for item in invoice_queries.items(queries.item_ids(plan_id)):
            invoices.hold(item, holds.DISPUTE, ids.new_id(), None, "Europe/Rome")

    world.within(dispute)
    with pytest.raises(NotAllowedNow, match="looked into"):
        vouch(world)
    assert world.status(plan_id) == "pending_representative"
    for item in world.within(lambda: queries.item_ids(plan_id)):
        world.within(lambda item=item: invoices.release(item, holds.DISPUTE))
    vouch(world)
    assert world.status(plan_id) == "accepted"


def test_who_waits_for_who_may_sign_can_think_better_of_it(debtor: Debtor, phone: Phone) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    plan_id = pending(world, debtor, phone)
    debtor.get(f"/d/plans/{ids.spell(plan_id)}")
    debtor.submit("/cancel")
    assert world.status(plan_id) == "cancelled"
    assert world.holds() == []
    case = world.within(lambda: case_queries.about(kinds.PLAN, plan_id))
    assert case.status.value == "closed"
    with pytest.raises(NotAllowedNow):
        vouch(world)


@pytest.mark.parametrize("countered", [False, True])
def test_what_is_void_is_told_by_message(world: Planning, countered: bool) -> None:
    with at(0):
        world.owe("600.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
        if countered:
            world.counter(plan_id, 4, today_plus(10))
        else:
            world.agree(plan_id)
        world.pay(30000)
        assert world.status(plan_id) == "void"
        assert world.holds() == []
        assert world.messages()[-1] == "plan_void"


def test_who_has_paid_all_of_it_is_not_told_to_choose_again(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        plan_id = world.offer(3, today_plus(10))
        world.pay(60000)
        assert world.status(plan_id) == "void"
        assert "plan_void" not in world.messages()


def test_a_proposal_stays_when_the_books_change_and_is_reckoned_anew(world: Planning) -> None:
    with at(0):
        world.owe("600.00")
        world.policy(most_instalments=3)
        plan_id = world.offer(6, today_plus(10))
        world.pay(30000)
        assert world.status(plan_id) == "proposed"
        world.agree(plan_id)
        assert sum(row[0] for row in world.asked(plan_id)) == 30000


def test_a_counter_proposal_says_why_until_when_and_what_is_let_go_of(app: PortalFlask, debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    world.policy(most_instalments=3)
    plan_id = world.asks(6)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    case = world.within(lambda: case_queries.about(kinds.PLAN, plan_id))
    terms = {"instalments": "4", "first_on": today_plus(10).isoformat(), "every": "month", "discount": "60,00"}
    manager.get(f"/c/cases/{ids.spell(case.id)}", query_string=terms)
    manager.submit(f"/c/plans/{ids.spell(plan_id)}/counter", reason="Four is what <we> can do")
    assert world.status(plan_id) == "countered"
    with i18n.speaking("en"):
        until = i18n.day(today_plus(7))
    assert f"has until {until} to answer" in manager.text
    doors.inside(debtor, world.account)
    debtor.get(f"/d/plans/{ids.spell(plan_id)}")
    assert "Four is what &lt;we&gt; can do" in debtor.text
    assert f"You have until {until} to answer." in debtor.text
    assert "let go of when all of it is paid" in debtor.text
    assert "€60.00" in debtor.text
    debtor.submit("/take")
    assert f"You can accept it until {until}." in debtor.text
    assert "€60.00" in debtor.text

    def mail() -> str:
        wanted = select(Message).where(Message.key == "plan_answered")
        return rendering.letter(db.session().scalars(wanted).one()).text

    language = world.within(lambda: db.session().get_one(Row, world.account.debtor_id).language)
    with i18n.speaking(language):
        assert i18n.say(t("You have until %(day)s to answer.", day=i18n.day(today_plus(7)))) in world.within(mail)


def test_staff_find_from_the_case_where_it_is_made_sure_who_may_sign(
    app: PortalFlask, debtor: Debtor, phone: Phone
) -> None:
    world = Planning(make_account())
    world.owe("600.00")
    plan_id = pending(world, debtor, phone)
    case = world.within(lambda: case_queries.about(kinds.PLAN, plan_id))
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    manager.get(f"/c/cases/{ids.spell(case.id)}")
    assert 'href="/c/confirmations"' in manager.text.split("<main")[1].split("All of the plan")[0]
    manager.get("/c/confirmations")
    assert manager.status == 200
    vouch(world)
    manager.get(f"/c/cases/{ids.spell(case.id)}")
    assert "Make sure who may sign" not in manager.text


def test_what_they_can_pay_each_time_is_a_most_with_the_interest_in_it(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("1200.00")
    world.policy(interest_percent="12", most_instalments=24, longest_days=800)
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    debtor.submit("/d/plan", way="own", each="100", every="month", first_on=today_plus(20).isoformat())
    plan_id = ids.read(debtor.path.rsplit("/", 1)[1])
    asked = [row[0] for row in world.asked(plan_id)]
    assert max(asked) <= 10000
    assert len(asked) == 13, "one more, and no more than that"
    assert sum(asked) == 120000 + world.one(plan_id).interest_minor


def test_what_never_pays_its_own_interest_is_no_plan(debtor: Debtor) -> None:
    world = Planning(make_account())
    world.owe("6000.00")
    world.policy(interest_percent="24", most_instalments=120, longest_days=9000)
    doors.inside(debtor, world.account)
    debtor.get("/d/plan")
    debtor.submit("/d/plan", way="own", each="60", every="month", first_on=today_plus(20).isoformat())
    assert debtor.status == 422
    assert "Like this it would take too long." in debtor.text


def test_moving_keeps_within_the_longest_time_of_the_policy(debtor: Debtor) -> None:
    world = Planning(make_account())
    with at(0):
        world.owe("600.00")
        world.policy(longest_days=70, move_days=14)
        plan_id = world.agreed(2, today_plus(30))
        doors.inside(debtor, world.account)
        debtor.get(f"/d/plans/{ids.spell(plan_id)}")
        last = world.rows(plan_id)[-1]
        ends = clock.today() + timedelta(days=70)
        assert (ends - last.due_on).days < 14
        debtor.submit("/move", instalment=ids.spell(last.id), to=(ends + timedelta(days=1)).isoformat())
        assert debtor.status == 422
        debtor.submit("/move", instalment=ids.spell(last.id), to=ends.isoformat())
        assert world.rows(plan_id)[-1].due_on == ends


def test_what_is_kept_as_evidence_is_said_in_words() -> None:
    for name in ("plan.evidence_kept", "plan.evidence_sealed"):
        text, _ = staff_words.SAID[name]
        assert name not in i18n.say(text)
    public = {name for name in events.EVENTS if name.startswith(("plan.", "instalment."))}
    assert public - set(staff_words.SAID) <= {"plan.policy_changed"}
