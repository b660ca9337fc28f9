"""The credit policy on its page: versions, what is no policy, two people at once, whom alerts are for."""

from typing import Any

import pytest

from portal.core import ids
from portal.credit_lines import kinds, policies, rules
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.credit_lines.world import Crediting
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import make_account, make_creditor

PAGE = "/c/settings/credit"


@pytest.fixture
def world(app: PortalFlask) -> Crediting:
    assert app
    return Crediting(make_account())


def current(world: Crediting) -> policies.Version:
    return world.within(policies.current)  # type: ignore[no-any-return]


def opened(app: PortalFlask, world: Crediting) -> Any:
    browser = signed_in(app, world.account.creditor_id, Role.MANAGER)
    browser.get(PAGE)
    return browser


def test_a_version_is_kept_and_the_first_can_be_asked_for(app: PortalFlask, world: Crediting) -> None:
    browser = opened(app, world)
    browser.submit(PAGE)
    assert "Nothing was different." in browser.text
    assert current(world) == policies.FIRST
    browser.submit(PAGE, turnover_percent="20", stale_from_minor="1000,50", idle_days="14")
    assert browser.status == 200, browser.text
    assert "Version 1 holds from now on." in browser.text
    now = current(world)
    assert (now.number, now.weights.turnover_percent, now.bounds.stale_from_minor) == (1, 20, 100050)
    assert world.within(lambda: policies.version(0)) == policies.FIRST
    with pytest.raises(LookupError):
        world.within(lambda: policies.version(2))
    assert world.names("credit_policy.%") == ["credit_policy.changed"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"turnover_percent": "101"}, "number from 0 to 100"),
        ({"turnover_percent": "١٥"}, "number from 0 to 100"),
        ({"late_days": "-1"}, "number from 0 to 365"),
        ({"most_minor": "0"}, "more than nothing"),
        ({"step_minor": "1.000,00"}, "Write an amount like"),
        ({"no_on_time": "95"}, "less than 95"),
        ({"weight_on_time": "0", "weight_days": "0", "weight_score": "0"}, "At least one weight"),
        ({"over-to": "nobody"}, "Please choose one."),
    ],
)
def test_what_is_no_policy_is_said_and_kept_on_the_page(
    app: PortalFlask, world: Crediting, typed: dict[str, str], said: str
) -> None:
    browser = opened(app, world)
    browser.submit(PAGE, **{"idle_days": "77", **typed})
    assert browser.status == 422
    assert said in browser.text, browser.text
    assert 'value="77"' in browser.text
    assert current(world) == policies.FIRST


def test_whom_alerts_are_for_a_role_a_person_never_a_stranger(app: PortalFlask, world: Crediting) -> None:
    here = make_person(world.account.creditor_id, Role.AGENT, "anna@rossi.example", "Anna Qui")
    stranger = make_person(make_creditor("verdi"), Role.AGENT, "eva@verdi.example", "Eva Altrove")
    browser = opened(app, world)
    assert "Anna Qui" in browser.text
    assert "Eva Altrove" not in browser.text
    browser.submit(PAGE, **{"late-to": ids.spell(stranger.staff_id)})
    assert browser.status == 422
    browser.submit(PAGE, **{"late-to": ids.spell(here.staff_id), "over-to": "admin"})
    assert browser.status == 200, browser.text
    found = current(world).tell
    assert (found[kinds.LATE].to, found[kinds.OVER].to) == (str(here.staff_id), "admin")
    browser.get(PAGE)
    browser.submit(PAGE)
    assert "Nothing was different." in browser.text


def test_two_people_at_once_see_both(app: PortalFlask, world: Crediting) -> None:
    creditor_id = world.account.creditor_id
    first = sign_in(app, make_person(creditor_id, Role.MANAGER, "a@rossi.example"))
    second = sign_in(app, make_person(creditor_id, Role.MANAGER, "b@rossi.example"))
    for browser in (first, second):
        browser.get(PAGE)
    first.submit(PAGE, turnover_percent="20")
    second.submit(PAGE, turnover_percent="30")
    assert second.status == 409
    assert "Meanwhile a colleague saved: 20" in second.text
    second.submit(PAGE)
    assert second.status == 200, second.text
    assert (current(world).number, current(world).weights.turnover_percent) == (2, 30)


def test_other_weights_suggest_another_line(app: PortalFlask, world: Crediting) -> None:
    browser = opened(app, world)
    browser.submit(PAGE, turnover_percent="30")
    facts = rules.Facts(10_000_000, score=60)
    assert rules.suggest(facts, current(world).weights).minor == 3_000_000
