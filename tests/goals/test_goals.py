"""Goals on the figures: what they begin with stays, everybody sees them, and never without how it felt."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.core import db, ids, jobs, scope
from portal.core.errors import NotAllowedNow, StaleWrite
from portal.goals import actions, measures, queries
from portal.goals.models import Goal
from portal.goals.states import GoalStatus
from portal.insights import figures
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import Account, make_account, make_creditor

ROME, BOARD, NEW = "Europe/Rome", "/c/figures/goals", "/c/figures/goals/new"
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), tick=False) as clocks:
        yield clocks


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("1/2026", "1000.00", due_in=-40)
    made.add_invoice("2/2026", "500.00", due_in=10)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def pay(account: Account, number: str, on: date) -> None:
    def book() -> None:
        place = int(number[0]) - 1
        (item,) = invoice_queries.items_of_debtor(account.debtor_id, account.invoice_ids[place], only_open=True)
        source = ledger.Source("test", ids.new_id())
        invoices.settle_item(item, item.open, account=accounts.BANK, kind="payment", source=source, value_on=on)

    within(account, book)


def set_one(account: Account, figure: str = "exposure", target: int = 100_000, days: int = 100) -> int:
    def act() -> int:
        begins = actions.standing(figure, "EUR", TODAY, ROME)
        until = TODAY + timedelta(days=days)
        return actions.set_goal(figure, "EUR", begins, target, until, today=TODAY, by=None).id

    return within(account, act)  # type: ignore[no-any-return]


def found(account: Account, goal_id: int) -> Goal:
    return within(account, lambda: queries.goal(goal_id))  # type: ignore[no-any-return]


def typed(**changes: str) -> dict[str, str]:
    return {
        "figure": "exposure", "currency": "EUR", "baseline_on": "2026-11-23", "target": "-5", "how": "change",
        "target_on": "2027-06-30",
    } | changes  # fmt: skip


def begun(app: PortalFlask, account: Account, role: Role = Role.MANAGER) -> Browser:
    email = f"{role.value}{ids.new_id()}@rossi.example"
    return sign_in(app, make_person(account.creditor_id, role, email))


def test_the_first_value_is_that_of_the_day_and_stays(app: PortalFlask, account: Account, monday: Any) -> None:
    browser = begun(app, account)
    browser.get(f"{NEW}?preset=exposure")
    assert 'value="-5"' in browser.text
    browser.submit("/figures/goals", **typed())
    assert browser.path == BOARD
    assert "It begins at €1,500.00 and shall be €1,425.00." in browser.text
    monday.move_to(datetime(2026, 12, 22, 11, 0, tzinfo=UTC))
    pay(account, "1/2026", date(2026, 12, 1))
    browser = begun(app, account)
    browser.get(BOARD)
    (row,) = within(account, queries.under_way)
    assert (row.baseline, row.target) == (150_000, 142_500)
    assert "€1,500.00" in browser.text, "where it began"
    assert "€500.00" in browser.text, "where it is now"
    assert "reached" in browser.text


def test_nothing_is_foreseen_from_a_few_days_and_a_line_from_four_weeks_on(
    app: PortalFlask, account: Account, monday: Any
) -> None:
    set_one(account, target=0, days=80)
    browser = begun(app, account)
    browser.get(BOARD)
    assert "Too early to say; from Dec 21, 2026 on." in browser.text
    monday.move_to(datetime(2027, 1, 2, 11, 0, tzinfo=UTC))  # forty days on; forty more to go
    pay(account, "2/2026", date(2026, 12, 1))
    browser = begun(app, account)
    browser.get(BOARD)
    assert "€500.00. That is not enough." in browser.text


def test_recovery_is_never_shown_without_how_it_felt(app: PortalFlask, account: Account) -> None:
    pay(account, "1/2026", TODAY)
    account.add_invoice("3/2026", "1000.00", due_in=-20)
    set_one(account, "recovery", 60_00)
    for path in (BOARD, f"{BOARD}/{ids.spell(within(account, queries.under_way)[0].id)}"):
        browser = begun(app, account, Role.VIEWER)
        browser.get(path)
        assert "50 %" in browser.text, "half of what was late came"
        assert "NPS –" in browser.text, path
        assert "omplaints" in browser.text, path


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": ""}, "Please write a number, like 5 or -4,5."),
        ({"target": "lots"}, "Please write a number, like 5 or -4,5."),
        ({"target": "0"}, "That is where it begins."),
        ({"figure": "luck"}, "Please choose a figure."),
        ({"currency": "XXX"}, "Please choose a currency."),
        ({"how": "somehow"}, "Please choose one."),
        ({"target_on": "2026-11-23"}, "Please choose a day that is still to come."),
        ({"target_on": "2046-11-23"}, "Please choose a day within five years."),
        ({"baseline_on": "2026-11-24"}, "nobody knows yet"),
        ({"baseline_on": "2025-06-30", "figure": "dso"}, "On that day this figure cannot be reckoned."),
        ({"target": "1,234", "how": "value"}, "Write an amount like 120,50"),
    ],
)
def test_what_is_no_goal_is_said_beside_its_field_and_nothing_is_lost(
    app: PortalFlask, account: Account, changes: dict[str, str], says: str
) -> None:
    browser = begun(app, account)
    browser.get(NEW)
    browser.submit("/figures/goals", **typed(**changes))
    assert browser.status == 422
    assert says in browser.text
    assert typed(**changes)["target_on"] in browser.text
    assert within(account, queries.under_way) == []


def test_twenty_are_enough(app: PortalFlask, account: Account) -> None:
    for _ in range(20):
        set_one(account)
    browser = begun(app, account)
    browser.get(NEW)
    browser.submit("/figures/goals", **typed())
    assert browser.status == 409
    assert "There are 20 goals already." in browser.text


def test_another_target_is_seen_beside_the_first(app: PortalFlask, account: Account) -> None:
    goal_id = set_one(account)
    page = f"{BOARD}/{ids.spell(goal_id)}"
    browser = begun(app, account)
    browser.get(page)
    browser.submit(page, target="900,00", target_on="2027-12-31")
    assert browser.path == BOARD
    row = found(account, goal_id)
    assert (row.baseline, row.target, row.first_target) == (150_000, 90_000, 100_000)
    browser.get(page)
    assert "At first it was €1,000.00" in browser.text


def test_whoever_comes_second_looks_again(app: PortalFlask, account: Account) -> None:
    goal_id = set_one(account)
    page = f"{BOARD}/{ids.spell(goal_id)}"
    browser = begun(app, account)
    browser.get(page)
    until = TODAY + timedelta(days=100)
    within(account, lambda: actions.change(queries.goal(goal_id), 1, until, after=1, today=TODAY))  # type: ignore[arg-type]
    browser.submit(page, target="900,00", target_on="2027-12-31")
    assert browser.status == 409
    assert "900,00" in browser.text
    assert found(account, goal_id).target == 1
    with pytest.raises(StaleWrite):
        within(account, lambda: actions.change(queries.goal(goal_id), 2, until, after=1, today=TODAY))  # type: ignore[arg-type]


def test_on_its_day_the_result_is_kept_once_and_nothing_changes_it(
    app: PortalFlask, account: Account, monday: Any
) -> None:
    reached, missed = set_one(account, target=100_000, days=10), set_one(account, target=10_000, days=10)
    pay(account, "1/2026", TODAY)
    for day in (3, 4, 20):
        monday.move_to(datetime(2026, 12, day, 11, 0, tzinfo=UTC))
        jobs.PERIODIC["portal.goals.jobs.close_goals"].work()
        assert found(account, reached).status is (GoalStatus.OPEN if day == 3 else GoalStatus.OVER)
    pay(account, "2/2026", date(2026, 12, 20))
    assert (found(account, reached).result, found(account, missed).result) == (50_000, 50_000)
    browser = begun(app, account)
    browser.get(BOARD)
    assert "not reached" in browser.text
    assert browser.text.count("€500.00") == 2
    assert "NPS –, then –; complaints 0, then 0" in browser.text
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.change(queries.goal(reached), 5, date(2027, 9, 9), after=2, today=TODAY))  # type: ignore[arg-type]


def test_given_up_once_or_twice_is_given_up(app: PortalFlask, account: Account) -> None:
    goal_id = set_one(account)
    browser = begun(app, account)
    browser.get(f"{BOARD}/{ids.spell(goal_id)}")
    browser.submit("/end")
    assert "Given up on" in browser.text
    within(account, lambda: actions.end(queries.goal(goal_id)))  # type: ignore[arg-type]
    assert found(account, goal_id).status is GoalStatus.ENDED


def test_everybody_sees_them_and_only_a_manager_sets_them(app: PortalFlask, account: Account) -> None:
    page = f"{BOARD}/{ids.spell(set_one(account))}"
    for role in (Role.VIEWER, Role.AGENT):
        browser = begun(app, account, role)
        browser.get(page)
        assert browser.status == 200
        assert "Another target" not in browser.text
        browser.get(NEW)
        assert browser.status == 403


def test_another_creditors_goals_are_not_there(app: PortalFlask, account: Account) -> None:
    page = f"{BOARD}/{ids.spell(set_one(account))}"
    other = make_creditor("verdi")
    browser = signed_in(app, other, Role.MANAGER)
    browser.get(page)
    assert browser.status == 404
    browser.get(BOARD)
    assert "No goal yet" in browser.text


@pytest.mark.parametrize("code", measures.MEASURES)
def test_each_figure_is_read_as_the_page_says_it(app: PortalFlask, account: Account, code: str) -> None:
    pay(account, "1/2026", TODAY)
    seen = within(account, lambda: figures.figures(TODAY, "EUR", ROME))
    said = figures.as_json(seen)
    value = measures.value(code, seen)
    same = {"exposure": "open_minor", "promise_kept": "promise_kept_value"}.get(code, code)
    if same in said:
        shown = said[same]
        assert value == (None if shown is None else shown if code == "exposure" else round(shown * 100))
    else:
        assert value == {"recovery": 100_00, "unpaid": 0, "overdue": 0}[code]
