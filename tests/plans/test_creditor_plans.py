"""The list of plans and one plan before the creditor's people; risk in words, in SQL the same; what was kept."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from portal.core import clock, db, ids
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.people import agencies
from portal.people.roles import Role
from portal.plans import events as happened
from portal.plans import following, keeping, list_queries, policies, queries, risk
from portal.plans.keeping import Row
from portal.plans.models import Plan
from portal.plans.risk import Facts
from portal.plans.states import PlanStatus
from portal.promises.jobs import see_to_promises
from portal.promises.rules import KeptRate
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import make_account, make_creditor, today_plus
from tests.plans.creditor_world import Planning
from tests.promises.world import Promising
from tests.queries_counted import counted

NOON = "2026-11-23T11:00:00+00:00"  # a Monday


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    assert app
    return make_creditor()


def planning(creditor: Creditor, code: str, name: str, amount: str = "300.00") -> Planning:
    account = make_account(creditor, code, name=name)
    account.add_invoice(f"{code}/2026", amount, due_in=-30)
    return Planning(account)


def invoice(world: Planning) -> int:
    return world.account.invoice_ids[0]


def listed(world: Planning, **wanted: object) -> list[str]:
    def act() -> list[str]:
        asked = list_queries.Wanted(clock.today(), **wanted)  # type: ignore[arg-type]
        return [row.debtor for row in list_queries.page(asked, None).rows]

    return world.within(act)  # type: ignore[no-any-return]


# Risk


@pytest.mark.parametrize(
    ("facts", "level", "said"),
    [
        (Facts(), risk.FINE, "All as agreed."),
        (Facts(broken_promises=2), risk.HISTORY, "Not kept before: plans 0, promises 2."),
        (Facts(part_paid=True, broken_plans=1), risk.PART, "Of the next instalment a part has come already."),
        (Facts(date(2026, 11, 2)), risk.MISSING, "An instalment is missing since 2 November 2026."),
        (Facts(date(2026, 11, 2), part_paid=True), risk.MISSING, "Of the instalment of 2 November 2026 only a part"),
        (Facts(date(2026, 11, 2), notice_on=date(2026, 11, 13)), risk.NOTICE, "written on 13 November 2026"),
        (Facts(None, notice_on=date(2026, 11, 13)), risk.FINE, "All as agreed."),
    ],
)
def test_the_weightiest_reason_is_the_risk_in_words(app: PortalFlask, facts: Facts, level: str, said: str) -> None:
    with app.test_request_context("/"):
        i18n.use("en")
        assert risk.level(facts) == level
        assert said in str(risk.why(facts))


def test_the_list_asks_in_sql_what_the_rules_say(creditor: Creditor) -> None:
    """One plan at each risk: the filter finds just that one, and the row says the same."""
    with time_machine.travel(NOON, tick=True):
        fine, missing, notice, part, history = (
            planning(creditor, f"C{place}", name)
            for place, name in enumerate(("Fine", "Missing", "Notice", "Part", "History"))
        )
        Promising(history.account).promise(invoice(history), 3)
        for world in (fine, missing, notice, part):
            world.agreed(invoice(world), first_in=10)
    with time_machine.travel("2026-11-30T11:00:00+00:00", tick=True):
        see_to_promises()
        history.account.add_invoice("H2/2026", "300.00", due_in=-3)
        history_plan = history.agreed(history.account.invoice_ids[1], first_in=20)
    with time_machine.travel("2026-12-09T11:00:00+00:00", tick=True):
        for world in (fine, part):
            world.pay(invoice(world), 10000 if world is fine else 10100)
        for world in (fine, missing, notice, part):
            plan = Plan.debtor_id == world.account.debtor_id
            plan_id = world.within(lambda plan=plan: db.session().scalars(select(Plan.id).where(plan)).one())
            world.follow(plan_id)
            if world is notice:
                world.within(
                    lambda plan_id=plan_id: db.changed(
                        update(Plan).where(Plan.id == plan_id).values(notice_on=date(2026, 12, 8))
                    )
                )
        history.follow(history_plan)
        found = {level: listed(fine, risk=level) for level in risk.REASONS}
        assert found == {
            risk.FINE: ["Fine"], risk.MISSING: ["Missing"], risk.NOTICE: ["Notice"], risk.PART: ["Part"],
            risk.HISTORY: ["History"],
        }  # fmt: skip

        def rows() -> dict[str, str]:
            page = list_queries.page(list_queries.Wanted(clock.today()), None)
            return {row.debtor: risk.level(row.facts) for row in page.rows if row.facts is not None}

        assert fine.within(rows) == {name.title(): level for level, (name,) in found.items()}
        counts = fine.within(lambda: list_queries.by_risk(list_queries.Wanted(clock.today())))
        assert counts == dict.fromkeys(risk.REASONS, 1)


# The list


def test_the_list_says_what_is_next_what_is_left_and_how_far(app: PortalFlask, creditor: Creditor) -> None:
    world = planning(creditor, "B1", "Bianchi Costruzioni", "1000.00")
    plan_id = world.agreed(invoice(world), 4, first_in=20)
    world.pay(invoice(world), 25000)
    world.follow(plan_id)
    browser = signed_in(app, creditor, Role.AGENT)
    browser.get("/c/")
    assert ">Plans<" in browser.text
    browser.get("/c/plans")
    assert browser.status == 200
    for said in ("1 plan", "Bianchi Costruzioni", "€750.00", "of €1,000.00", "25 %", "1 of 4 paid", "€250.00"):
        assert said in browser.text, said
    assert "All as agreed." in browser.text
    assert "Save as CSV" not in browser.text
    browser.get("/c/plans?state=talked")
    assert "Nothing matches" in browser.text
    browser.get("/c/plans?state=nonsense&risk=%00&debtor=x&sort=1&after=AAAA&down=2&q=%25")
    assert browser.status == 200
    browser.get("/c/plans?q=bianchi&risk=fine&state=standing")
    assert "Bianchi Costruzioni" in browser.text


def test_the_list_is_sorted_by_the_next_day_and_goes_on_behind_its_last_row(creditor: Creditor) -> None:
    worlds = [planning(creditor, f"S{place}", f"Cliente {place}") for place in range(7)]
    for place, world in enumerate(worlds):
        world.agreed(invoice(world), 3, first_in=25 - 3 * (place % 4))
    worlds[0].end(
        worlds[0].within(lambda: list_queries.page(list_queries.Wanted(clock.today(), words="S0"), None).rows[0].plan.id),
        PlanStatus.CANCELLED, happened.PlanCancelled,
    )  # fmt: skip
    for sort in list_queries.SORTS:
        for down in (False, True):

            def walk(sort: str = sort, down: bool = down) -> tuple[list[int], list[int]]:
                asked = list_queries.Wanted(clock.today(), list_queries.ALL, sort=sort, down=down)
                whole, cursor, steps = list_queries.page(asked, None).rows, None, []
                while True:
                    page = list_queries.page(asked, cursor, 2)
                    steps += [row.plan.id for row in page.rows]
                    cursor = page.next_cursor
                    if cursor is None:
                        return [row.plan.id for row in whole], steps

            whole, steps = worlds[0].within(walk)
            assert steps == whole, (sort, down)
            assert len(set(whole)) == 7
    found = worlds[0].within(
        lambda: list_queries.page(list_queries.Wanted(clock.today(), list_queries.ALL), None).rows
    )
    days = [row.next_on for row in found]
    assert days[:-1] == sorted(days[:-1])
    assert days[-1] is None


def test_the_list_costs_the_same_for_many_as_for_few(app: PortalFlask, creditor: Creditor) -> None:
    browser = signed_in(app, creditor, Role.ADMIN)
    costs = []
    for round_ in range(2):
        for place in range(1 + 5 * round_):
            world = planning(creditor, f"Q{round_}{place}", f"Cliente {round_}{place}")
            plan_id = world.agreed(invoice(world))
        for page in ("/c/plans", world.address(plan_id)):
            with counted() as statements:
                assert browser.get(page).status_code == 200
            costs.append(len(statements))
            assert len(statements) <= 16, statements
    assert costs[:2] == costs[2:]


def test_an_agency_sees_the_plans_of_its_mandate_alone(app: PortalFlask, creditor: Creditor) -> None:
    ours, theirs = planning(creditor, "A1", "Nostro"), planning(creditor, "A2", "Altrui")
    plans = [world.agreed(invoice(world)) for world in (ours, theirs)]
    organisation = _agency(creditor, ours)
    browser = sign_in(app, make_person(creditor, Role.AGENT, "chi@agenzia.example", organisation_id=organisation))
    browser.get("/c/plans?state=all")
    assert "Nostro" in browser.text
    assert "Altrui" not in browser.text
    assert browser.get(ours.address(plans[0])).status_code == 200
    assert browser.get(theirs.address(plans[1])).status_code == 404
    assert browser.get("/c/plans.csv").status_code == 403


def test_an_agencys_people_decide_by_the_creditors_own_policy(app: PortalFlask, creditor: Creditor) -> None:
    """The policy is no customer's row: a reach that hid it would let the portal's own bounds decide."""
    world = planning(creditor, "A1", "Nostro", "1200.00")
    wide = {name: policies.Policy(most_instalments=4) for name in policies.SEGMENTS}

    def write() -> None:
        policies.write(policies.Version(0, wide, {"business": 10**9, "consumer": 10**9}), by=None, after=0)

    world.within(write)
    plan_id = world.ask(invoice(world), 5)
    assert world.status(plan_id) == "proposed"
    organisation = _agency(creditor, world)
    somebody = make_person(creditor, Role.MANAGER, "chi@agenzia.example", organisation_id=organisation, with_app=True)
    browser = sign_in(app, somebody)
    browser.get(world.case_address(plan_id))
    assert "Up to 4 instalments we can agree at once. A manager can agree more." in browser.text.replace("&#39;", "'")


def _agency(creditor: Creditor, world: Planning) -> int:
    """An agency whose mandate names this one customer."""
    admin = make_person(creditor, Role.ADMIN)

    def act() -> int:
        agency = agencies.organisation("Recuperi S.r.l.", "IT01234567890")
        agencies.give(agency, name="Recuperi", from_at=clock.now() - timedelta(days=1), until_at=None,
                      debtor_ids=[world.account.debtor_id], by=admin.staff_id)  # fmt: skip
        return agency.id

    return world.within(act)  # type: ignore[no-any-return]


def test_the_file_holds_what_the_list_shows_and_no_formula(app: PortalFlask, creditor: Creditor) -> None:
    world = planning(creditor, "=1+1", "@SUM(A1)", "1000.00")
    plan_id = world.agreed(invoice(world), 4)
    ended = planning(creditor, "E1", "Finito")
    ended.end(ended.ask(invoice(ended), 3), PlanStatus.CANCELLED, happened.PlanCancelled)
    browser = signed_in(app, creditor, Role.MANAGER)
    browser.get("/c/plans")
    assert "/c/plans.csv" in browser.text
    with browser.get("/c/plans.csv") as answer:
        assert answer.status_code == 200
        lines = answer.get_data().decode("utf-8-sig").splitlines()
    head, row = (line.split(";") for line in lines)
    found = dict(zip(head, row, strict=True))
    assert found["plan"] == ids.spell(plan_id)
    assert (found["customer_code"], found["customer"]) == ("'=1+1", "'@SUM(A1)")
    assert (found["total"], found["left"], found["next_amount"]) == ("1000,00", "1000,00", "250,00")
    assert (found["status"], found["risk"]) == ("accepted", "fine")
    with browser.get("/c/plans.csv?state=all") as answer:
        assert len(answer.get_data().splitlines()) == 3


# One plan


def test_one_plan_tells_its_instalments_its_rounds_and_what_happened(app: PortalFlask, creditor: Creditor) -> None:
    world = planning(creditor, "B1", "Bianchi", "900.00")
    plan_id = world.agreed(invoice(world), 3, first_in=20)
    browser = signed_in(app, creditor, Role.AGENT)
    browser.get(world.address(plan_id))
    for said in (
        "€300.00",
        "the portal, inside the policy",
        "policy version 0",
        "They accepted a plan: €900.00 in 3",
    ):
        assert said in browser.text, said
    for row in world.instalments(plan_id):
        assert row.reference in browser.text
    page = browser.text
    browser.submit("/move", instalment="1", day=today_plus(200).isoformat())
    assert browser.status == 409
    browser.get(world.address(plan_id))
    browser.submit("/move", instalment="1", day=today_plus(27).isoformat())
    assert browser.status == 200, browser.text
    assert "moved from" in browser.text
    rows = world.instalments(plan_id)
    assert rows[0].due_on == today_plus(27)
    assert world.names("instalment.moved") == ["instalment.moved"]
    assert re.search(r"Move an instalment", page)
    viewer = signed_in(app, creditor, Role.VIEWER)
    viewer.get(world.address(plan_id))
    assert "Move an instalment" not in viewer.text


def test_a_customer_who_takes_it_back_on_the_telephone(app: PortalFlask, creditor: Creditor) -> None:
    world = planning(creditor, "B1", "Bianchi", "900.00")
    plan_id = world.ask(invoice(world), 12)
    first = sign_in(app, make_person(creditor, Role.AGENT, "a@rossi.example", "Anna Prima"))
    second = sign_in(app, make_person(creditor, Role.AGENT, "b@rossi.example", "Bea Dopo"))
    for browser in (first, second):
        browser.get(world.address(plan_id))
    first.submit("/cancel")
    assert first.status == 200
    assert world.status(plan_id) == "cancelled"
    assert world.case(plan_id).outcome == "taken_back"
    second.submit("/cancel")
    assert second.status == 409
    assert "Anna Prima" in second.text


def test_anothers_plan_is_not_there(app: PortalFlask, creditor: Creditor) -> None:
    world = planning(creditor, "B1", "Bianchi")
    plan_id = world.agreed(invoice(world))
    stranger = signed_in(app, make_creditor("verdi"), Role.ADMIN)
    assert stranger.get(world.address(plan_id)).status_code == 404
    stranger.get("/c/plans?state=all")
    assert "Bianchi" not in stranger.text


# What was kept


MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("came", "back", "kept"),
    [
        ({MONDAY: 100, MONDAY + timedelta(days=7): 100}, 0, (2, 2, 200, 200)),
        ({MONDAY + timedelta(days=1): 100, MONDAY + timedelta(days=7): 100}, 0, (2, 1, 200, 100)),
        ({MONDAY: 150}, 0, (2, 1, 200, 150)),
        ({MONDAY: 200}, 60, (2, 1, 200, 140)),
        ({}, 0, (2, 0, 200, 0)),
        ({MONDAY + timedelta(days=30): 200}, 0, (2, 0, 200, 0)),
    ],
)
def test_kept_is_what_came_in_full_by_its_last_day(
    came: dict[date, int], back: int, kept: tuple[int, int, int, int]
) -> None:
    rows = [Row(MONDAY, 100, True), Row(MONDAY + timedelta(days=7), 100, True)]
    found = keeping.kept_of(rows, came, back)
    # The first instalment is late by a day: what came a day later is in time for the second alone, after the first.
    assert found == kept


def test_the_last_day_of_a_sunday_is_the_day_after() -> None:
    sunday = date(2026, 11, 22)
    assert keeping.kept_of([Row(sunday, 100, True)], {MONDAY: 100}, 0) == (1, 1, 100, 100)
    assert keeping.kept_of([Row(sunday, 100, True)], {MONDAY + timedelta(days=1): 100}, 0) == (1, 0, 100, 0)


@given(
    amounts=st.lists(st.integers(1, 1000), min_size=1, max_size=8),
    came=st.dictionaries(st.integers(0, 90), st.integers(0, 2000), max_size=6),
    back=st.integers(0, 500),
    due=st.integers(0, 8),
)
def test_more_money_never_keeps_less(amounts: list[int], came: dict[int, int], back: int, due: int) -> None:
    rows = [Row(MONDAY + timedelta(days=7 * place), one, place < due) for place, one in enumerate(amounts)]
    days = {MONDAY + timedelta(days=day): minor for day, minor in came.items()}
    counted_, kept, asked, in_time = keeping.kept_of(rows, days, back)
    assert 0 <= kept <= counted_ == min(due, len(rows))
    assert 0 <= in_time <= asked == sum(amounts[:due])
    more = keeping.kept_of(rows, {**days, MONDAY: days.get(MONDAY, 0) + 1000}, back)
    assert more[1] >= kept
    assert more[3] >= in_time


def test_the_kept_rate_counts_days_and_grace_that_are_over(creditor: Creditor) -> None:
    with time_machine.travel(NOON, tick=True):
        good, bad, ended = (planning(creditor, code, code) for code in ("G", "B", "E"))
        plans = [world.agreed(invoice(world), 3, first_in=7) for world in (good, bad, ended)]
    with time_machine.travel("2026-11-30T11:00:00+00:00", tick=True):
        good.pay(invoice(good), 10000)
        bad.pay(invoice(bad), 4000)
    rate = lambda world: world.within(lambda: keeping.instalments("EUR", clock.today()))  # noqa: E731
    with time_machine.travel("2026-12-05T11:00:00+00:00", tick=True):
        assert rate(good).due == 0, "the grace is not over"
    with time_machine.travel("2026-12-15T11:00:00+00:00", tick=True):
        bad.pay(invoice(bad), 6000)
        for world, plan_id in zip((good, bad, ended), plans, strict=True):
            world.follow(plan_id)
        ended.within(lambda: following.activate(queries.plan(plans[2], lock=True)))  # type: ignore[arg-type]
        ended.end(plans[2], PlanStatus.DEFAULTED, happened.PlanDefaulted, open_minor=30000)
        found: KeptRate = rate(good)
        assert (found.due, found.kept) == (3, 1)
        assert (found.promised, found.in_time) == (Money(30000, "EUR"), Money(14000, "EUR"))
        assert found.by_value == Decimal("46.67")
        of_one = good.within(lambda: keeping.instalments("EUR", clock.today(), debtor_id=good.account.debtor_id))
        assert (of_one.due, of_one.kept) == (1, 1)
        whole = good.within(lambda: keeping.plans("EUR", clock.today()))
        assert (whole.due, whole.kept) == (1, 0)
    with time_machine.travel("2026-12-20T11:00:00+00:00", tick=True):
        good.bounce(invoice(good), 10000)
        again: KeptRate = rate(good)
        assert (again.due, again.kept) == (3, 0)
        good.pay(invoice(good), 30000)
        good.follow(plans[0])
        after = good.within(lambda: keeping.plans("EUR", clock.today()))
        assert (after.due, after.kept, after.in_time.minor) == (2, 1, 30000)
    with time_machine.travel("2028-01-20T11:00:00+00:00", tick=True):
        assert rate(good).due == 2, "the last instalments of the two that did not end unkept"
