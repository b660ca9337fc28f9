"""The register of excuses: every kind typed and dated, gone in time or not, what was done, and who may see it."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.cases.models import Case
from portal.core import clock, db, ids, scope
from portal.excuses import queries
from portal.people.roles import Role
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.cases.test_resting import World, missing, own_file, paid, promised, settle, wrong
from tests.factories.people import make_person, sign_in
from tests.factories.world import make_account

SHOWN = {
    "problem": (wrong, "Something is wrong with the document: The amount or the price"),
    "not_received": (missing, "The document has not arrived"),
    "already_paid": (paid, "Already paid"),
    "promise": (promised, "A promise to pay"),
    "own file": (own_file, "Your own file says that it is disputed"),
}


@pytest.fixture
def world(app: PortalFlask, debtor: Debtor) -> World:
    return World(app, make_account(), debtor)


def register(browser: Browser, **asked: str) -> str:
    browser.get("/c/excuses?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    assert browser.status == 200, browser.text
    return html.unescape(browser.text.split("<main")[1].split("</form>", 1)[1])


def figures(browser: Browser, reason: str) -> list[str]:
    """Said, gone, before the due date, share."""
    row = next(one for one in register(browser).split("<tr")[1:] if reason in one and 'class="number"' in one)
    return re.findall(r'class="number"[^>]*><span>([^<]*)</span>', row)


def say_why(world: World, reason: str) -> None:
    world.debtor.get("/d/")
    world.debtor.submit("/d/reason", reason=reason)
    assert world.debtor.status == 200, world.debtor.text


@pytest.mark.parametrize("kind", SHOWN)
def test_each_kind_is_typed_and_dated(world: World, kind: str) -> None:
    act, label = SHOWN[kind]
    act(world)
    shown = register(world.staff)
    assert label in shown
    assert "still there" in shown
    assert clock.today().strftime("%d") in shown
    assert figures(world.staff, label) == ["1", "0", "0", "0 %"]


def test_what_was_only_said_stands_as_what_it_is_until_it_is_settled(world: World) -> None:
    say_why(world, "forgot")
    assert figures(world.staff, "They said: I forgot") == ["1", "0", "0", "0 %"]
    shown = register(world.staff, kind="said.forgot")
    assert "They said: I forgot" in shown
    assert "Invoice 128/2026" in shown
    settle(world)
    assert figures(world.staff, "They said: I forgot") == ["1", "1", "0", "0 %"]
    assert "after the due date" in register(world.staff, kind="said.forgot")
    assert "No reason was given" in register(world.staff, kind="said.mistake")


def test_what_was_said_and_became_a_case_is_told_once(world: World) -> None:
    say_why(world, "paid")
    assert "They said: I have already paid" in register(world.staff)
    paid(world)
    shown = register(world.staff)
    assert "They said" not in shown
    assert "Already paid" in shown


def test_what_is_gone_in_time_says_so_and_how(world: World) -> None:
    wrong(world)
    world.within(lambda: db.changed(update(Case).values(due_on=clock.today() + timedelta(days=1))))
    case = world.cases()[0]
    world.release("problem_reported", "cleared_up")
    shown = register(world.staff)
    assert "cleared up" in shown
    assert "before the due date" in shown
    assert case.number[:4] in shown
    assert figures(world.staff, "Something is wrong") == ["1", "1", "1", "100 %"]


def test_hard_to_pay_is_for_few(world: World) -> None:
    """Rule C-26: also the answer that led to it, and as a figure."""
    say_why(world, "difficulty")
    agent = sign_in(world.app, make_person(world.account.creditor_id, Role.AGENT, name="Luca Bo"))
    assert "They said: I am in difficulty" in register(world.staff)
    assert "difficulty" not in register(agent)
    assert "No reason was given" in register(agent, kind="said.difficulty") or "difficulty" not in agent.text
    world.debtor.get("/d/difficulty")
    world.debtor.submit("/d/difficulty")
    assert "Hard to pay just now" in register(world.staff)
    assert "Hard to pay" not in register(agent)


def test_a_hint_at_a_hard_month_is_for_few_too(world: World) -> None:
    world.answer(answer="wrong", category="amount", words="Non riusciamo a pagare ora.")
    case = world.cases()[0]
    page = f"/c/cases/{ids.spell(case.id)}"
    agent = sign_in(world.app, make_person(world.account.creditor_id, Role.AGENT, name="Luca Bo"))
    world.staff.get(page)
    assert "Hard to pay just now" in world.staff.text
    agent.get(page)
    assert "Hard to pay just now" not in agent.text
    assert "Non riusciamo a pagare ora." in agent.text


def test_cases_and_facts_page_as_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for reason in ("forgot", "mistake"):
        say_why(world, reason)
    own_file(world)
    monkeypatch.setattr(paging, "PAGE_SIZE", 1)
    told, path = [], "/c/excuses"
    while path:
        world.staff.get(path)
        page = html.unescape(world.staff.text)
        told += re.findall(r'data-label="Reason"><span>([^<]+)', page.split("One by one")[-1])
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1] if older else ""
    assert len(told) == 3
    assert "own file" in told[0]
    assert told[1:] == ["They said: There is a mistake in it", "They said: I forgot"]


def test_the_figures_count_what_was_said_in_their_period_and_open_those_rows(world: World) -> None:
    promised(world)
    missing(world)
    today = clock.today()
    world.staff.get("/c/figures")
    said = html.unescape(world.staff.text)
    assert "In the period 2 reasons were given; 0 of them (0 %) were gone before the due date." in said
    row = next(one for one in said.split("<tr") if "A promise to pay" in one)
    assert re.findall(r'class="number"[^>]*><span>([^<]*)</span>', row) == ["1", "50 %", "0", "0 %"]
    found = re.search(r'href="(/c/excuses[^"]*kind=promise[^"]*)"', row)
    assert found is not None
    world.staff.get(found[1])
    assert f"to={today.isoformat()}" in found[1]
    assert "Said from" in world.staff.text
    assert "A promise to pay" in world.staff.text.split("One by one")[-1]
    assert "The document has not arrived" not in world.staff.text.split("One by one")[-1]


def test_as_of_a_day_what_was_gone_later_still_stood_and_what_was_said_later_was_not(world: World) -> None:
    promised(world)
    settle(world)
    today = clock.today()
    with db.transaction():
        scope.enter(world.account.creditor_id)
        before = queries.Period.of_days(today - timedelta(days=9), today - timedelta(days=1), "Europe/Rome")
        until = queries.Period.of_days(today - timedelta(days=9), today, "Europe/Rome")
        assert queries.figures(before, private=True) == []
        db.session().execute(update(Case).values(opened_at=clock.now() - timedelta(days=3)))
        (then,), (now,) = (queries.figures(one, private=True) for one in (before, until))
    assert (then.said, then.gone, now.said, now.gone) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    "asked", ["from=x&to=y", "from=2026-01-01", "from=2026-02-01&to=2026-01-01", "from=0001-01-01&to=9999-12-31"]
)
def test_days_that_are_none_are_not_asked_for(world: World, asked: str) -> None:
    world.staff.get(f"/c/excuses?{asked}")
    assert world.staff.status == 200
    assert "The last 90 days" in world.staff.text
