"""The cadence's pages: versions, what is no cadence, the calendar with its reasons, pauses, what others may not see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.core import clock, db, ids, scope
from portal.creditors import queries as creditors
from portal.invoices import actions as invoices
from portal.invoices import holds, queries
from portal.people.roles import Role
from portal.reminders import actions, policies
from portal.reminders import queries as touched
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

SETTINGS, CALENDAR = "/c/settings/cadence", "/c/calendar"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False) as clocks:
        yield clocks


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    return make_account()


def plan(account: Account) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        actions.plan(creditors.in_scope())


def version(account: Account) -> policies.Version:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return policies.current()


def opened(app: PortalFlask, account: Account, path: str, role: Role = Role.MANAGER) -> Any:
    browser = signed_in(app, account.creditor_id, role)
    browser.get(path)
    return browser


def test_a_version_is_kept_and_nothing_different_is_none(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account, SETTINGS)
    browser.submit(SETTINGS)
    assert "Nothing was different." in browser.text
    browser.submit(
        SETTINGS,
        **{"business-reminder_gentle-days": "5", "consumer-call-on": "", "per_week": "2", "early_days": "20"},
    )
    assert "Version 1 holds from now on." in browser.text
    now = version(account)
    assert (now.number, now.rules["business"]["reminder_gentle"].days, now.per_week) == (1, 5, 2)
    assert now.early_days == 20
    assert not now.rules["consumer"]["call"].on
    assert [one.code for one in now.levels("consumer")][3:5] == ["reminder_gentle", "internal"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"business-caring-days": "0"}, "number from 1 to 365"),
        ({"business-caring-days": "2"}, "must come after"),
        ({"consumer-call-days": "3"}, "must come after"),
        ({"consumer-decision-days": "٥٠"}, "number from 1 to 365"),
        ({"per_week": "4"}, "number from 1 to 3"),
        ({"early_days": "61"}, "number from 0 to 60"),
        ({"first_by": "pigeon"}, "Please choose one."),
    ],
)
def test_what_is_no_cadence_is_said_and_kept(
    app: PortalFlask, account: Account, typed: dict[str, str], said: str
) -> None:
    browser = opened(app, account, SETTINGS)
    browser.submit(SETTINGS, **{"business-before_legal-days": "44", **typed})
    assert browser.status == 422
    assert said in browser.text, browser.text
    assert 'value="44"' in browser.text
    assert version(account) == policies.FIRST


def test_two_people_at_once_both_see_what_the_other_wrote(app: PortalFlask, account: Account) -> None:
    one, other = (opened(app, account, SETTINGS, role) for role in (Role.MANAGER, Role.ADMIN))
    one.submit(SETTINGS, **{"business-call-days": "8"})
    other.submit(SETTINGS, **{"business-call-days": "9"})
    assert other.status == 409
    assert "Meanwhile a colleague saved: 8" in other.text
    assert 'value="9"' in other.text


def test_the_calendar_says_what_comes_when_and_why(app: PortalFlask, account: Account) -> None:
    other = make_account(creditors_of(account), "0043")
    account.add_invoice("17/2026", due_in=20)
    resting = other.add_invoice("18/2026", due_in=-4)
    with db.transaction():
        scope.enter(other.creditor_id)
        (item,) = queries.items_of_debtor(other.debtor_id, resting)
        invoices.hold(item, holds.TRANSFER_ON_ITS_WAY, 1, clock.today() + timedelta(days=3))
    plan(account)
    browser = opened(app, account, CALENDAR)
    assert "3 December 2026" in browser.text
    assert "First courtesy message, about 17/2026" in browser.text
    assert "as the cadence has it" in browser.text
    browser.get(CALENDAR + "?why=held")
    assert "a transfer is on its way" in browser.text
    assert "not until" in browser.text
    browser.get(CALENDAR + "?day=nonsense&why=nonsense&after=zzz")
    assert browser.status == 200


def creditors_of(account: Account) -> Any:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return creditors.in_scope()


def test_a_pause_for_everybody_and_for_one(app: PortalFlask, account: Account) -> None:
    account.add_invoice("17/2026", due_in=-4)
    browser = opened(app, account, CALENDAR)
    browser.submit("/calendar/pause", until="2026-11-22")
    assert browser.status == 422
    assert "today or a later day" in browser.text
    browser.submit("/calendar/pause", until="2026-11-30")
    assert "Nothing goes out by itself until 30 November 2026." in browser.text
    page = f"/c/debtors/{ids.spell(account.debtor_id)}/cadence"
    browser.get(page)
    assert "Everything is paused just now" in browser.text
    assert "you have paused it" in browser.text
    browser.get(CALENDAR)
    browser.submit("/calendar/pause", act="resume")
    assert "takes up what was missed" in browser.text
    browser.get(page)
    browser.submit("/cadence/pause")
    assert "until somebody lets it go on" in browser.text
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert touched.pause(account.debtor_id) is not None
        assert touched.pause(None) is None
    plan(account)
    browser.submit("/cadence/pause", act="resume")
    plan(account)
    browser.get(page)
    assert "A gentle word after the day" in browser.text
    assert "waits to leave" in browser.text


def test_agents_pause_one_customer_and_not_everybody(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account, CALENDAR, Role.AGENT)
    assert browser.status == 200
    assert "/calendar/pause" not in browser.text
    browser.get(SETTINGS)
    assert browser.status == 403
    stranger = make_account(make_creditor("verdi"))
    browser.get(f"/c/debtors/{ids.spell(stranger.debtor_id)}/cadence")
    assert browser.status == 404
