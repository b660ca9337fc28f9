"""Instalments paid by themselves: once on their day, with few tries, never where something else waits, stopped at once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock, db, ids, jobs, scope
from portal.creditors import queries as creditors
from portal.doubles.phone import Phone
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.payments import accounts
from portal.payments.jobs import sweep
from portal.people.roles import Role
from portal.plans import autopay, following, queries
from portal.plans import events as happened
from portal.plans.autopay_jobs import charge_what_is_due
from portal.plans.jobs import see_to_plans
from portal.plans.states import PlanStatus
from portal.silence import actions as silence
from portal.silence import queries as silence_queries
from portal.silence import rules as silence_rules
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.people import signed_in
from tests.factories.world import make_account, make_creditor, today_plus
from tests.payments.conftest import Shop, debtor, double, payer, post, settings, shop  # noqa: F401 - fixtures
from tests.payments.test_lost_and_crashed import dying_at_commit
from tests.plans.automatic import ASKS_ALWAYS, BOUNCES, DECLINES, OK, PAYS, Automatic, at
from tests.plans.world import Planning


@pytest.fixture
def plan(shop: Shop) -> Automatic:  # noqa: F811
    with at(0):
        return Automatic(shop)


def test_a_card_pays_each_instalment_on_its_day_and_once(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(OK)
        plan.run()
        assert plan.charged() == [], "its day has not come"
    with at(9.2):
        plan.run()
        assert plan.charged() == []
    with at(10):
        plan.run()
        assert plan.states() == ["paid", "scheduled", "scheduled"]
        plan.run()
        see_to_plans()
        assert len(plan.charged()) == 1, "a second run charges nothing"
    [asked] = plan.charged()
    assert asked.params["amount"] == "20000"
    assert (asked.params["off_session"], asked.params["confirm"]) == ("true", "true")
    assert "plan" not in asked.raw.lower(), "ids and a neutral title, nothing else (rule B-03)"
    assert plan.method(row_id).status == "active"
    assert plan.shop.statuses() == ["succeeded"]
    assert "payment_receipt" in plan.world.messages()
    with at(41):
        plan.run()
        assert plan.paid() == [20000, 20000, 0]
    assert plan.money() == [20000, 20000]
    assert plan.attempts()[0].idempotency_key != plan.attempts()[1].idempotency_key


def test_the_last_one_completes_the_plan_and_ends_the_mandate(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(OK)
    for day in (10, 41, 72):
        with at(day):
            plan.run()
    assert plan.world.status(plan.plan_id) == "completed"
    assert plan.method(row_id).status == "stopped"
    detached = [one.line for one in plan.shop.double.requests if one.path.endswith("/detach")]
    assert len(detached) == 1, "let go of at the provider too"


def test_not_at_night(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    for hour in (3, 7, 19):
        with time_machine.travel(datetime(2026, 12, 3, hour, 0, tzinfo=UTC), tick=False):
            plan.run()
    assert plan.charged() == []


def test_never_more_than_is_left_of_it(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
        plan.world.pay(15000)
    with at(10):
        plan.run()
    assert plan.money() == [5000]
    assert plan.states() == ["paid", "scheduled", "scheduled"]


def test_what_its_customer_paid_by_hand_is_not_charged(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    with at(10):
        plan.world.pay(20000)
        plan.run()
        assert plan.charged() == []


def test_paid_between_the_decision_and_the_charge_is_not_charged_again(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    with at(10):
        charge_what_is_due()
        assert plan.shop.statuses() == ["created"]
        plan.world.pay(20000)
        jobs.work_off()
        plan.shop.deliver()
        assert (plan.charged(), plan.shop.statuses()) == ([], ["cancelled"])
        assert plan.paid() == [20000, 0, 0]


@pytest.mark.parametrize("reason", [holds.TRANSFER_ON_ITS_WAY, holds.DISPUTED, holds.ALREADY_PAID])
def test_nothing_is_charged_while_something_else_is_to_be_settled(plan: Automatic, reason: str) -> None:
    with at(0):
        plan.save(OK)
    with at(10):
        item = plan.within(lambda: hold(plan, reason))
        plan.run()
        assert plan.charged() == []
        plan.within(lambda: invoices.release(item, reason))
    with at(12):
        plan.run()
        assert plan.money() == [20000], "made up for within the week"


@pytest.mark.parametrize("reason", sorted(silence_rules.NO_CHARGES))
def test_nothing_is_charged_to_who_must_be_left_alone(plan: Automatic, reason: str) -> None:
    """Neither begun, nor made where it had been begun before somebody said so (rule C-13)."""
    with at(0):
        plan.save(OK)
    with at(10):
        charge_what_is_due()
        assert plan.shop.statuses() == ["created"]
        wanted = silence.Wanted(reason, speaks_for="Avv. Verdi")
        row_id = plan.within(lambda: silence.begin(plan.world.account.debtor_id, wanted, 1).id)
        jobs.work_off()
        assert plan.charged() == []
        plan.run()
        assert (plan.charged(), len(plan.attempts())) == ([], 1)
        plan.within(lambda: silence.end(silence_queries.one(row_id), silence.BY_HAND, 1))
    with at(13.2):
        plan.run()
        assert plan.money() == [20000], "three days after what was not made"


def hold(plan: Automatic, reason: str) -> int:
    [item] = invoice_queries.items(queries.item_ids(plan.plan_id))
    invoices.hold(item, reason, ids.new_id(), None)
    return item.item_id


def test_after_a_week_it_is_not_charged_unannounced(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    with at(18):
        plan.run()
        assert plan.charged() == []
        see_to_plans()
        assert plan.world.messages().count("plan_missed") == 1, "the ordinary road"


def test_what_was_late_when_it_was_saved_is_no_part_of_it(plan: Automatic) -> None:
    with at(12):
        plan.save(OK)
        plan.run()
        assert plan.charged() == []
    with at(41):
        plan.run()
        assert plan.money() == [20000]


def test_the_bank_wants_the_payer_there_one_message_and_no_loop(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(ASKS_ALWAYS)
    for day in (10, 10.1, 13, 16, 19):
        with at(day):
            plan.run()
            see_to_plans()
    assert len(plan.charged()) == 1
    assert plan.world.messages().count("plan_authenticate") == 1
    assert "plan_missed" not in plan.world.messages(), "one word is enough"
    assert "plan_declined" not in plan.world.messages()
    [intent] = plan.shop.double.all("payment_intent")
    assert intent["status"] == "canceled", "nobody can confirm it any more"
    assert plan.shop.statuses() == ["failed"]
    assert plan.attempts()[0].why == "authentication_required"
    assert plan.method(row_id).status == "active", "the next instalment is tried again"
    with at(41):
        plan.run()
    assert len(plan.charged()) == 2
    assert plan.money() == []


def test_declined_three_times_three_days_apart_then_told_and_then_the_ordinary_road(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(DECLINES)
    for day, tried in ((10, 1), (11, 1), (12.2, 1), (13, 2), (15, 2), (16, 3)):
        with at(day):
            plan.run()
            see_to_plans()
            assert len(plan.charged()) == tried, day
            assert ("plan_declined" in plan.world.messages()) == (tried == 3)
            assert "plan_missed" not in plan.world.messages(), "it is still being tried, or was told just now"
    assert plan.tries() == [1, 2, 3]
    keys = {one.idempotency_key for one in plan.charged()}
    assert len(keys) == 3
    assert (plan.method(row_id).status, plan.method(row_id).why) == ("failed", "generic_decline")
    with at(19):
        plan.run()
    with at(21):
        see_to_plans()
        assert plan.world.messages().count("plan_notice") == 1
    assert len(plan.charged()) == 3
    assert plan.world.messages().count("plan_declined") == 1
    assert plan.money() == []
    assert plan.paid() == [0, 0, 0]


def test_a_bank_debit_is_on_its_way_for_days_then_paid(plan: Automatic) -> None:
    with at(0):
        plan.save(PAYS)
    with at(10):
        plan.run()
        assert plan.shop.statuses() == ["processing"]
        assert plan.paid() == [0, 0, 0]
    with at(12):
        see_to_plans()
        plan.shop.double.tick()
        plan.run()
        assert plan.shop.statuses() == ["succeeded"]
        assert plan.states()[0] == "paid"
        assert len(plan.charged()) == 1
        assert "plan_missed" not in plan.world.messages()


def test_a_bank_debit_that_bounces_opens_its_instalment_and_is_not_tried_again(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(BOUNCES)
    with at(10):
        plan.run()
    with at(11):
        plan.shop.double.tick()
        plan.run()
        assert plan.states()[0] == "paid"
    with at(13):
        plan.shop.double.tick()
        plan.run()
        assert plan.shop.statuses() == ["failed"]
        assert plan.states()[0] == "overdue"
        assert plan.method(row_id).status == "failed"
        assert plan.world.messages().count("plan_declined") == 1
    with at(17):
        plan.run()
    assert len(plan.charged()) == 1


def test_dead_between_the_charge_and_the_commit_charges_once(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    with at(10):
        jobs.work_off()  # whatever else waited: the commits that follow are those of the charge
        charge_what_is_due()
        with dying_at_commit(3):  # claimed, asked for, and about to keep the answer
            jobs.work_off()
        assert (plan.shop.statuses(), plan.money()) == (["created"], [20000])
        charge_what_is_due()
        assert plan.tries() == [1], "it is not tried anew while nobody knows"
    with at(10.05):
        jobs.work_off()
        first, again = plan.charged()
        assert (again.replayed, again.raw, again.idempotency_key) == (True, first.raw, first.idempotency_key)
        assert plan.shop.statuses() == ["succeeded"]
        plan.shop.deliver()
    assert plan.money() == [20000]
    assert plan.paid() == [20000, 0, 0]


def test_dead_after_the_charge_and_never_back_is_found_by_the_sweep(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    plan.shop.double.webhooks.drop()
    with at(10):
        jobs.work_off()  # whatever else waited: the commits that follow are those of the charge
        charge_what_is_due()
        with dying_at_commit(3):
            jobs.work_off()
    with at(10.1):
        sweep()
        assert plan.shop.statuses() == ["succeeded"], "looked for by our reference, not charged anew"
        jobs.work_off()
    assert len(plan.charged()) == 1
    assert plan.paid() == [20000, 0, 0]


@pytest.mark.parametrize("effect", [True, False])
def test_no_answer_is_unknown_and_asked_for_again_under_the_same_key(plan: Automatic, effect: bool) -> None:
    with at(0):
        plan.save(OK)
    with at(10):
        plan.shop.double.faults.reset(on="POST /v1/payment_intents", effect=effect)
        charge_what_is_due()
        jobs.work_off()
        assert plan.shop.statuses() == ["created"]
        charge_what_is_due()
    with at(10.01):
        plan.run()
    [attempt] = plan.attempts()
    assert {one.idempotency_key for one in plan.charged()} - {None} == {attempt.idempotency_key}
    assert plan.money() == [20000]
    assert plan.paid() == [20000, 0, 0]


def test_leaving_the_plan_ends_it_at_once(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(OK)
    with at(10):
        charge_what_is_due()
        plan.within(lambda: leave(plan.plan_id))
        assert plan.method(row_id).status == "stopped"
        jobs.work_off()
        assert plan.charged() == []
        assert plan.shop.statuses() == ["cancelled"]


def leave(plan_id: int) -> None:
    found = queries.plan(plan_id, lock=True)
    assert found is not None
    following.end(found, PlanStatus.CANCELLED, happened.PlanCancelled)


def _changed(plan: Automatic) -> int:
    """Another plan takes its place."""
    made = plan.world.change(plan.plan_id, 4, today_plus(5))
    plan.world.agree(made)
    plan.world.accept(made)
    return made


def test_a_changed_plan_that_is_taken_back_is_paid_by_itself_as_before(plan: Automatic) -> None:
    """While the other one stands nothing is charged; once it cannot be taken back the mandate ends."""
    with at(0):
        row_id = plan.save(OK)
    with at(9.5):
        made = _changed(plan)
        plan.run()
    with at(10.1):
        plan.run()
        assert plan.charged() == []
        plan.world.take_back(made)
        assert plan.method(row_id).status == "active"
        plan.run()
        assert plan.paid() == [20000, 0, 0]
    with at(12):
        made = _changed(plan)
        assert plan.method(row_id).status == "active"
    with at(13.1):
        see_to_plans()
        assert plan.world.status(made) == "active"
        assert plan.method(row_id).status == "stopped"


def test_each_way_of_leaving_is_one_that_ends_it() -> None:
    over = {"PlanWithdrawn", "PlanDefaulted", "PlanRenegotiated", "PlanCancelled", "PlanCompleted"}
    former = {"PlanActivated"}  # of the plan in its place
    assert {one.__name__ for one in autopay.ENDS} == over | former


def test_another_account_of_the_creditors_is_never_charged(plan: Automatic) -> None:
    with at(0):
        row_id = plan.save(OK)

        plan.within(switch_off)
    with at(10):
        plan.run()
    assert plan.charged() == []
    assert plan.method(row_id).status == "failed"


def switch_off() -> None:
    accounts.switch_off("stripe")


# The pages


def test_from_the_mandate_to_the_card_and_stopped_again(
    shop: Shop,  # noqa: F811
    debtor: Debtor,  # noqa: F811
    phone: Phone,
) -> None:
    world = Planning(shop.account)
    world.owe("600.00", number="200/2026")
    with db.transaction():
        scope.enter(shop.creditor_id)
        mine = shop.account.item_ids(world.invoices[0])
    plan_id = world.agreed(3, clock.today() + timedelta(days=10), only=mine)
    doors.add_mobile(shop.account)
    doors.inside(debtor, shop.account)
    page = f"/d/plans/{ids.spell(plan_id)}"
    debtor.get(page)
    assert "Let a card or your bank pay each instalment" in debtor.text
    debtor.get(page + "/automatic")
    assert "at any time on the page of my plan" in debtor.text
    assert "within eight weeks" in debtor.text
    debtor.submit("/automatic")
    assert debtor.status == 422, "nothing is chosen beforehand"
    debtor.submit("/automatic", kind="card")
    assert "Charged on these days" in debtor.text
    assert "200.00" in debtor.text
    doors.signed(debtor)
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[0].code)
    assert debtor.path == page + "/automatic", debtor.text
    assert shop.sessions() == []
    answer = debtor.submit("/save", follow=False)
    [session] = shop.sessions()
    assert answer.headers["Location"] == session["url"]
    assert (session["mode"], session["customer_email"]) == ("setup", None)
    debtor.get(page + "/automatic")
    debtor.submit("/save", follow=False)
    assert len(shop.sessions()) == 1, "the same page again"
    shop.double.payer.save_card(session["id"])
    debtor.get(page)
    assert "Paid automatically" not in debtor.text, "coming back says nothing: the provider does"
    shop.deliver()
    debtor.get(page + "/automatic")
    assert debtor.path == page
    assert "Paid automatically with Visa •••• 4242 on" in debtor.text
    debtor.submit("/stop")
    assert "Stopped." in debtor.text
    assert "Paid automatically" not in debtor.text
    debtor.get("/d/")
    assert debtor.status == 200


def test_anothers_plan_is_not_there(debtor: Debtor, shop: Shop) -> None:  # noqa: F811
    other = Planning(make_account(make_creditor("verdi")))
    other.owe("600.00")
    plan_id = other.agreed(3, clock.today() + timedelta(days=10))
    doors.inside(debtor, shop.account)
    for path, posts in (("", False), ("", True), ("/save", True), ("/stop", True)):
        address = f"/d/plans/{ids.spell(plan_id)}/automatic{path}"
        if posts:
            debtor.get("/d/")
            debtor.post(address, {"csrf_token": debtor.csrf(), "command_id": ids.spell(ids.new_id()), "kind": "card"})
        else:
            debtor.get(address)
        assert debtor.status == 404, (path, posts)


def test_a_page_of_pay_does_not_open_beside_a_charge(plan: Automatic, debtor: Debtor) -> None:  # noqa: F811
    with at(0):
        plan.save(OK)
    with at(10):
        charge_what_is_due()
        doors.inside(debtor, plan.shop.account)
        [item_id] = plan.within(lambda: list(queries.item_ids(plan.plan_id)))
        debtor.get("/d/pay")
        named = {"items[]": [ids.spell(item_id)]}
        debtor.post("/d/pay/card", {"csrf_token": debtor.csrf(), "command_id": ids.spell(ids.new_id()), **named})
        assert debtor.status == 409
        assert len(plan.shop.sessions()) == 1, "only the one on which the card was saved"
        jobs.work_off()
    assert plan.money() == [20000]


def test_the_mandate_of_a_debit_names_the_creditor_in_sepa(plan: Automatic) -> None:
    def words(kind: str) -> str:
        one = queries.plan(plan.plan_id)
        assert one is not None
        face = creditors.face(one.creditor_id)
        return autopay.mandate(face, one, queries.asked(one.id), kind, "en")

    with at(0):
        assert "identifier" not in plan.within(lambda: words("sepa_debit"))
        plan.within(name_in_sepa)
        said = plan.within(lambda: words("sepa_debit"))
        assert "Its creditor identifier is DE98ZZZ09999999999." in said
        assert "eight weeks" in said
        assert said.count("200.00") == 3, "every amount and day of it"
        assert "A note comes 3 days before" in said
        assert "identifier" not in plan.within(lambda: words("card"))
        assert "at most two more times" in plan.within(lambda: words("card"))


def name_in_sepa() -> None:
    found = accounts.row("stripe")
    assert found is not None
    found.options = {**found.options, "creditor_identifier": "DE98ZZZ09999999999"}
    db.session().flush()


def test_staff_see_what_was_charged_with_nobody_there(plan: Automatic, app: PortalFlask) -> None:
    """A payment without a visit: its page, and what the bank is given when it is contested."""
    with at(0):
        plan.save(OK)
    with at(10):
        plan.run()
        manager = signed_in(app, plan.shop.creditor_id, Role.MANAGER)
        page = f"/c/payments/{ids.spell(plan.attempts()[0].id)}"
        manager.get(page)
        assert manager.status == 200
        assert "200.00" in manager.text
        plan.shop.double.bank.dispute(plan.shop.double.all("charge")[-1]["id"])
        plan.shop.deliver()
        assert plan.shop.statuses() == ["disputed"]
        manager.get(page)
        assert manager.submit("/evidence").status_code == 200


def test_a_charge_may_be_contested_and_lost_like_any_payment(plan: Automatic) -> None:
    with at(0):
        plan.save(OK)
    with at(10):
        plan.run()
        found = plan.shop.double.bank.dispute(plan.shop.double.all("charge")[-1]["id"])
        plan.shop.deliver()
        plan.shop.double.bank.close_dispute(found["id"], won=False)
        plan.shop.deliver()
        assert plan.shop.statuses() == ["lost"]
        assert plan.paid() == [0, 0, 0]
    with at(13):
        plan.run()
    assert len(plan.charged()) == 1, "what was contested is never tried again"
