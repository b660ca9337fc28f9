"""The three answers to a proposal: who may give them, what the customer reads, what nobody answered in time."""

from datetime import timedelta

import pytest
import time_machine

from portal.cases import actions as cases
from portal.cases import queries as case_queries
from portal.core import clock, ids
from portal.invoices import holds
from portal.people import queries as people
from portal.people.roles import Role
from portal.plans import answer_jobs, policies
from portal.plans.policies import Policy
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import make_account, make_creditor, today_plus
from tests.plans.creditor_world import Planning


@pytest.fixture
def world(app: PortalFlask) -> Planning:
    assert app
    account = make_account(make_creditor())
    account.add_invoice("7/2026", "1200.00", due_in=-5)
    return Planning(account)


def proposed(world: Planning, instalments: int = 12) -> int:
    plan_id = world.ask(world.account.invoice_ids[0], instalments)
    assert world.status(plan_id) == "proposed"
    return plan_id


def preview(browser: Browser, world: Planning, plan_id: int, **typed: str) -> None:
    browser.get(world.case_address(plan_id), query_string=typed)


def test_the_panel_says_why_a_person_decides_and_what_is_known_of_them(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    browser = signed_in(app, world.account.creditor_id, Role.MANAGER)
    browser.get(world.case_address(plan_id))
    assert browser.status == 200
    assert "12 instalments, every month" in browser.text
    assert "Up to 6 instalments we can agree at once." in browser.text
    assert "version 0" in browser.text
    assert browser.text.count("€100.00") >= 12
    assert "No plan before this one." in browser.text
    assert "nothing was settled yet" in browser.text
    browser.get(world.address(plan_id))
    assert "Answer it" in browser.text
    assert "policy version 0" in browser.text
    assert "the customer" in browser.text


def test_a_manager_agrees_beyond_the_policy_and_an_agent_does_not(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    agent.get(world.case_address(plan_id))
    assert "A manager can agree more." in agent.text
    assert f"{world.address(plan_id)}/agree" not in agent.text
    manager.get(world.case_address(plan_id))
    assert "This goes beyond the policy: Up to 6 instalments we can agree at once." in manager.text
    action = f"{world.address(plan_id)}/agree"
    hidden = {**agent.form("/reject").fields, "agree_words": ""}
    agent.post(action, hidden)
    assert agent.status == 409
    assert "A manager can agree more." in agent.text
    assert world.status(plan_id) == "proposed"
    agent.get(world.case_address(plan_id))
    agent.submit(f"{world.address(plan_id)}/reject", why="")
    assert agent.status == 422
    manager.submit(action, agree_words="Va bene così")
    assert manager.status == 200, manager.text
    assert world.status(plan_id) == "offered"
    assert world.case(plan_id).status.value == "theirs"
    assert world.said() == ["Va bene così"]
    assert world.messages() == ["plan_answered"]
    assert world.holds() == [holds.PLAN_ASKED]


def test_an_agent_proposes_what_the_policy_allows_and_sees_the_schedule_first(
    app: PortalFlask, world: Planning
) -> None:
    plan_id = proposed(world)
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    agent.get(world.case_address(plan_id))
    before = world.names("plan.%")
    preview(agent, world, plan_id, instalments="9", first_on=today_plus(20).isoformat(), every="month", down="")
    assert "A manager can agree more." in agent.text
    assert "Propose it to the customer" not in agent.text
    preview(agent, world, plan_id, instalments="5", first_on=today_plus(20).isoformat(), every="month", down="200,00")
    assert agent.text.count("€200.00") >= 6
    assert world.names("plan.%") == before, "to look changes nothing"
    agent.submit(f"{world.address(plan_id)}/counter", reason="")
    assert agent.status == 422
    assert "Please say why." in agent.text
    assert "€200.00" in agent.text
    agent.submit(f"{world.address(plan_id)}/counter", reason="Prima una parte, poi il resto")
    assert agent.status == 200, agent.text
    plan = world.one(plan_id)
    assert plan.status.value == "countered"
    assert [row.amount_minor for row in world.instalments(plan_id)] == [20000] * 6
    assert plan.answer_by is not None
    assert timedelta(days=6) < plan.answer_by - clock.now() <= timedelta(days=7)
    assert world.said() == ["Prima una parte, poi il resto"]
    assert world.messages() == ["plan_answered"]


def test_terms_that_are_none_are_mended_beside_their_field(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    manager.get(world.case_address(plan_id))
    for typed, said in (
        ({"instalments": "0"}, "from 1 to 120"),
        ({"instalments": "²"}, "from 1 to 120"),
        ({"first_on": today_plus(-1).isoformat()}, "The first day is over."),
        ({"first_on": ""}, "Please choose the first day."),
        ({"down": "1200,00"}, "The first payment has to be less than the whole."),
        ({"down": "1.200"}, "Write an amount like 120,50"),
    ):
        fields = {"instalments": "5", "first_on": today_plus(9).isoformat(), "every": "month", "down": ""}
        preview(manager, world, plan_id, **{**fields, **typed})
        assert manager.status == 200
        assert said in manager.text, (typed, said)
        assert "Propose it to the customer" not in manager.text
    assert world.status(plan_id) == "proposed"


def test_a_no_names_a_human_on_the_customers_page(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    agent.get(world.case_address(plan_id))
    agent.submit(f"{world.address(plan_id)}/reject", why="Il primo pagamento è troppo lontano")
    assert agent.status == 200
    assert world.status(plan_id) == "rejected"
    assert world.case(plan_id).outcome == "rejected"
    assert world.holds() == []
    debtor = Debtor(app)
    debtor.enter(world.account.link(), world.account.fact)
    debtor.get("/language/en")
    debtor.get(f"/d/cases/{ids.spell(world.case(plan_id).id)}")
    assert debtor.status == 200
    assert "Giulia Rossi looks for another way with you" in debtor.text
    assert "Il primo pagamento è troppo lontano" in debtor.text


def test_two_people_at_once_are_one(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    first = sign_in(app, make_person(world.account.creditor_id, Role.MANAGER, "a@rossi.example", "Anna Prima"))
    second = sign_in(app, make_person(world.account.creditor_id, Role.MANAGER, "b@rossi.example", "Bea Dopo"))
    for browser in (first, second):
        browser.get(world.case_address(plan_id))
    first.submit(f"{world.address(plan_id)}/agree")
    second.submit(f"{world.address(plan_id)}/reject", why="No")
    assert second.status == 409
    assert "Anna Prima" in second.text
    assert world.status(plan_id) == "offered"
    assert world.messages() == ["plan_answered"]
    assert world.said() == []


def test_an_answer_goes_by_what_is_open_now(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    world.pay(world.account.invoice_ids[0], 60000)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    manager.get(world.case_address(plan_id))
    assert "€1,200.00 were open; now it is €600.00" in manager.text
    manager.submit(f"{world.address(plan_id)}/agree")
    assert world.status(plan_id) == "offered"
    assert sum(row.amount_minor for row in world.instalments(plan_id)) == 60000


def test_what_is_not_open_any_more_ends_the_proposal_and_its_case(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    manager.get(world.case_address(plan_id))
    world.pay(world.account.invoice_ids[0], 120000)
    manager.submit(f"{world.address(plan_id)}/agree")
    assert manager.status == 200, manager.text
    assert "nothing was agreed" in manager.text
    assert world.status(plan_id) == "void"
    assert world.case(plan_id).status.value == "closed"


def test_a_word_in_the_thread_is_told_as_a_question(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    agent.get(world.case_address(plan_id))
    agent.submit("/answer", words="Può pagare qualcosa subito?")
    assert world.messages() == ["plan_question"]
    assert world.status(plan_id) == "proposed"


# What nobody answered in time


def later(days: int) -> object:
    return time_machine.travel(clock.now() + timedelta(days=days), tick=True)


def test_what_the_customer_lets_pass_ends_and_rests_no_more(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    manager.get(world.case_address(plan_id))
    manager.submit(f"{world.address(plan_id)}/agree")
    answer_jobs.see_to_answers()
    assert world.status(plan_id) == "offered"
    with later(8):
        answer_jobs.see_to_answers()
        answer_jobs.see_to_answers()
        assert world.status(plan_id) == "expired"
        assert world.case(plan_id).outcome == "not_answered"
        assert world.holds() == []
        assert world.names("plan.expired") == ["plan.expired"]


def test_what_was_only_offered_ends_without_a_case(world: Planning) -> None:
    plan_id = world.ask(world.account.invoice_ids[0], 3)
    assert world.status(plan_id) == "offered"
    with later(8):
        answer_jobs.see_to_answers()
        assert world.status(plan_id) == "expired"


def test_what_the_creditor_lets_pass_does_not_end_but_rises_as_late(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    world.within(lambda: cases.put_off(case_queries.about("plan", plan_id), clock.now() + timedelta(days=60)))  # type: ignore[arg-type]
    with later(12):
        answer_jobs.see_to_answers()
        answer_jobs.see_to_answers()
        assert world.status(plan_id) == "proposed"
        assert world.holds() == [holds.PLAN_ASKED], "nobody chases who waits for us"
        manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
        manager.get("/c/queue?state=late")
        assert "A plan in instalments" in manager.text
    with later(40):
        answer_jobs.see_to_answers()
        assert world.status(plan_id) == "proposed"
        assert world.holds() == [holds.PLAN_ASKED]


def test_a_question_of_ours_that_the_customer_never_answered_ends_the_proposal(world: Planning) -> None:
    plan_id = proposed(world)
    somebody = make_person(world.account.creditor_id, Role.AGENT)

    def ask() -> None:
        case, who = case_queries.about("plan", plan_id), people.by_id(somebody.staff_id)
        assert case is not None
        assert who is not None
        cases.answer(case, "Può pagare qualcosa subito?", who)

    world.within(ask)
    act_by = world.case(plan_id).act_by
    assert act_by is not None
    with time_machine.travel(act_by - timedelta(hours=2), tick=True):
        answer_jobs.see_to_answers()
        assert world.status(plan_id) == "proposed"
        assert world.holds() == [holds.PLAN_ASKED]
    with time_machine.travel(act_by + timedelta(hours=2), tick=True):
        answer_jobs.see_to_answers()
        assert world.status(plan_id) == "expired"
        assert world.case(plan_id).outcome == "not_answered"


def test_the_cited_version_explains_and_the_one_in_force_decides(app: PortalFlask, world: Planning) -> None:
    """A policy that a manager widened meanwhile lets an agent agree; why it was asked stays what it was."""
    plan_id = proposed(world, 8)

    def widen() -> None:
        wide = {name: Policy(most_instalments=24, longest_days=800, first_days=60) for name in policies.SEGMENTS}
        policies.write(policies.Version(0, wide, {"business": 10**9, "consumer": 10**9}), by=None, after=0)

    world.within(widen)
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    agent.get(world.case_address(plan_id))
    assert "Up to 6 instalments we can agree at once." in agent.text
    agent.submit(f"{world.address(plan_id)}/agree")
    assert world.status(plan_id) == "offered", agent.text


def test_what_is_let_go_of_is_the_policys_share_and_a_managers_beyond(app: PortalFlask, world: Planning) -> None:
    plan_id = proposed(world)
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    manager = signed_in(app, world.account.creditor_id, Role.MANAGER)
    typed = {"instalments": "2", "first_on": today_plus(9).isoformat(), "every": "month", "down": ""}
    preview(agent, world, plan_id, **typed, discount="200,00")
    assert "A manager may agree to more." in agent.text
    assert "Propose it to the customer" not in agent.text
    preview(manager, world, plan_id, **{**typed, "down": "1000,00"}, discount="200,00")
    assert "The first payment has to be less than the whole." in manager.text
    preview(manager, world, plan_id, **typed, discount="1200,00")
    assert "What is let go of has to be less than the whole." in manager.text
    preview(manager, world, plan_id, **typed, discount="200,00")
    assert manager.text.count("€500.00") >= 2
    manager.submit(f"{world.address(plan_id)}/counter", reason="Se paga in due volte")
    assert world.status(plan_id) == "countered", manager.text
    assert [row.amount_minor for row in world.instalments(plan_id)] == [50000, 50000]
    assert world.one(plan_id).discount_minor == 20000
    manager.get(world.address(plan_id))
    assert "€200.00 are let go of at the end" in manager.text
