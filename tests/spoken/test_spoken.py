"""What came of a call: each road keeps the same fact as the customer's own page, ends the call, and loses nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case, CaseEntry
from portal.core import db, ids, scope
from portal.disputes.models import Dispute
from portal.invoices import holds, queries
from portal.messages.models import Message
from portal.people.roles import Role
from portal.plans.models import Plan
from portal.plans.states import PlanStatus
from portal.promises.models import Promise
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False) as clocks:
        yield clocks


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("17/2026", due_in=-20)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def call(account: Account) -> str:
    return ids.spell(within(account, lambda: cases.open_case(kinds.CALL_TO_MAKE, account.debtor_id).id))


def opened(app: PortalFlask, account: Account, path: str, role: Role = Role.MANAGER) -> Any:
    browser = signed_in(app, account.creditor_id, role)
    browser.get(path)
    return browser


def the(account: Account, model: Any, *where: Any) -> Any:
    return within(account, lambda: db.session().scalars(select(model).where(*where)).one())


def held_by(account: Account) -> set[str]:
    def look() -> set[str]:
        (item,) = queries.items_of_debtor(account.debtor_id)
        return {one.reason for one in queries.holds_now([item.item_id]).get(item.item_id, [])}

    return within(account, look)  # type: ignore[no-any-return]


def how_it_ended(account: Account, case_id: str) -> str | None:
    return within(account, lambda: db.session().get_one(Case, ids.read(case_id)).outcome)  # type: ignore[no-any-return]


def test_the_call_shows_its_roads_to_who_may_answer(app: PortalFlask, account: Account) -> None:
    case_id = call(account)
    browser = opened(app, account, f"/c/cases/{case_id}")
    for road in ("promise", "plan", "dispute"):
        assert f"/c/calls/{case_id}/{road}" in browser.text
    reader = opened(app, account, f"/c/cases/{case_id}", Role.VIEWER)
    assert f"/c/calls/{case_id}/promise" not in reader.text
    reader.get(f"/c/calls/{case_id}/promise")
    assert reader.status == 403


def test_a_day_is_kept_and_the_call_has_reached_them(app: PortalFlask, account: Account) -> None:
    case_id = call(account)
    browser = opened(app, account, f"/c/calls/{case_id}/promise")
    browser.submit("/promise", pay_on="2026-11-30", amount="lots")
    assert browser.status == 422
    assert 'value="lots"' in browser.text
    assert 'value="2026-11-30"' in browser.text
    assert how_it_ended(account, case_id) is None
    browser.submit("/promise", pay_on="2026-11-30", amount="")
    promise = the(account, Promise)
    assert (promise.pay_on, promise.visit_id) == (date(2026, 11, 30), None)
    assert held_by(account) == {holds.PROMISED}
    assert how_it_ended(account, case_id) == "spoken"
    assert "Until then nobody reminds them" in browser.text


def test_a_plan_goes_to_the_customer_to_be_accepted(app: PortalFlask, account: Account) -> None:
    case_id = call(account)
    browser = opened(app, account, f"/c/calls/{case_id}/plan")
    browser.get(f"/c/calls/{case_id}/plan?instalments=3&first_on=2026-12-01&every=month&down=&discount=")
    assert "Nothing is agreed yet" in browser.text
    assert within(account, lambda: list(db.session().scalars(select(Plan)))) == [], "looking keeps nothing"
    browser.submit("/plan/offer")
    plan = the(account, Plan)
    assert plan.status is PlanStatus.OFFERED
    assert held_by(account) == {holds.PLAN_ASKED}
    assert how_it_ended(account, case_id) == "spoken"
    assert "plan_answered" in within(account, lambda: list(db.session().scalars(select(Message.key))))


def test_beyond_the_policy_a_manager_decides(app: PortalFlask, account: Account) -> None:
    case_id = call(account)
    terms = "instalments=60&first_on=2026-12-01&every=month&down=&discount="
    browser = opened(app, account, f"/c/calls/{case_id}/plan?{terms}", Role.AGENT)
    assert "A manager can agree more." in browser.text
    browser.submit("/plan/offer")
    assert the(account, Plan).status is PlanStatus.PROPOSED
    assert how_it_ended(account, case_id) == "spoken"


def test_what_is_wrong_is_kept_in_the_words_of_who_wrote_it_down(app: PortalFlask, account: Account) -> None:
    case_id = call(account)
    browser = opened(app, account, f"/c/calls/{case_id}/dispute")
    browser.submit("/dispute/", reason="", about="whole", words="They say that two boxes came open.")
    assert browser.status == 422
    assert "two boxes came open" in browser.text
    browser.submit("/dispute/", reason="faulty", about="whole", words="They say that two boxes came open.")
    dispute = the(account, Dispute)
    assert dispute.visit_id is None
    case = the(account, Case, Case.kind == kinds.DISPUTE)
    assert case.words is None
    assert the(account, CaseEntry, CaseEntry.case_id == case.id).words == "They say that two boxes came open."
    assert holds.DISPUTE in held_by(account)
    assert how_it_ended(account, case_id) == "spoken"
    browser.get(f"/c/calls/{call(account)}/dispute")
    assert f"/c/cases/{ids.spell(case.id)}" in browser.path, "what was contested already is shown where it stands"


def test_a_call_that_a_colleague_closed_takes_nothing_more(app: PortalFlask, account: Account) -> None:
    case_id = call(account)
    browser = opened(app, account, f"/c/calls/{case_id}/promise")
    within(account, lambda: cases.close(db.session().get_one(Case, ids.read(case_id)), "no_calls"))
    browser.submit("/promise", pay_on="2026-11-30")
    assert browser.status == 409
    assert within(account, lambda: list(db.session().scalars(select(Promise)))) == []


def test_other_cases_and_other_creditors_have_no_such_road(app: PortalFlask, account: Account) -> None:
    question = ids.spell(within(account, lambda: cases.open_case(kinds.QUESTION, account.debtor_id).id))
    browser = opened(app, account, f"/c/calls/{question}/promise")
    assert browser.status == 404
    other = make_account(make_creditor("verdi"))
    there = other.add_invoice("99/2026", due_in=-3)
    browser.get(f"/c/calls/{call(account)}/dispute/{ids.spell(there)}")
    assert browser.status == 404
