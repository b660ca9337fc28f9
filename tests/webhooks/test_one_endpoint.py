"""One address: which events it hears of, a test event, and two secrets while one replaces the other (D-21)."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner, Result

from portal.commands import line
from portal.commands import webhooks as commands
from portal.core import clock, db, ids, installation, jobs, scope, signing
from portal.core.errors import Invalid, NotAllowedNow
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from portal.webhooks import actions, choosing, queries
from portal.webhooks.states import DeliveryStatus
from tests.actors import Browser
from tests.factories import webhooks
from tests.factories.people import signed_in
from tests.webhooks.conftest import Told

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def clerk(app: PortalFlask, told: Told) -> Browser:
    return signed_in(app, told.account.creditor_id, Role.MANAGER)


def page(told: Told) -> str:
    return f"/c/webhooks/{ids.spell(told.endpoint_id)}"


def run(app: PortalFlask, *arguments: str) -> Result:
    return CliRunner().invoke(commands.group, list(arguments), obj=line.Context(create_app=lambda _settings: app))


def choose(told: Told, *kinds: str) -> None:
    with db.transaction():
        scope.enter(told.account.creditor_id)
        found = queries.endpoint(told.endpoint_id, lock=True)
        assert found is not None
        actions.choose(found, kinds)


@pytest.mark.parametrize(
    ("kinds", "heard"),
    [((), 1), (("gate.*",), 1), (("gate.passed",), 1), (("gate.passed", "plan.*"), 1), (("plan.*", "dispute.*"), 0)],
)
def test_only_what_was_chosen_goes_there(told: Told, kinds: tuple[str, ...], heard: int) -> None:
    choose(told, *kinds)
    told.happens()
    assert len(told.erp.events) == heard
    assert len(webhooks.deliveries(told.account)) == heard


@pytest.mark.parametrize("wrong", ["plan", "plan.", "*", "gate.*.x", "plan.nothing", "delivery.made", "GATE.*"])
def test_what_no_event_is_called_is_refused(told: Told, wrong: str) -> None:
    with pytest.raises(Invalid):
        choose(told, "gate.*", wrong)
    assert webhooks.endpoint(told.account, told.endpoint_id).kinds is None


def test_a_choice_changes_what_comes_and_not_what_waits(told: Told) -> None:
    webhooks.stop(told.account, told.endpoint_id)
    told.happens()
    choose(told, "plan.*")
    told.happens()
    webhooks.resume(told.account, told.endpoint_id)
    jobs.work_off()
    assert len(told.erp.events) == 1


def test_staff_choose_on_the_page_and_the_list_says_so(clerk: Browser, told: Told) -> None:
    clerk.get(page(told))
    assert f'value="{"gate.*"}"' in clerk.text
    clerk.submit("/kinds", **{"kinds[]": ["plan.*", "promise.*"]})
    assert clerk.status == 200
    assert webhooks.endpoint(told.account, told.endpoint_id).kinds == "plan.* promise.*"
    assert re.search(r'value="plan\.\*" checked', clerk.text)
    clerk.get("/c/webhooks")
    assert "plan.*, promise.*" in clerk.text
    clerk.get(page(told))
    clerk.submit("/kinds", **{"kinds[]": ["nonsense.*", "plan.*"]})
    assert clerk.status == 422
    assert "nonsense" in clerk.text
    assert webhooks.endpoint(told.account, told.endpoint_id).kinds == "plan.* promise.*"
    assert re.search(r'value="plan\.\*"[^>]* checked', clerk.text), "what was ticked is ticked"


def test_a_test_event_goes_there_alone_whatever_was_chosen(clerk: Browser, told: Told) -> None:
    webhooks.add_endpoint(told.account.creditor_id, told.erp.url + "/hook/two")
    choose(told, "plan.*")
    clerk.get(page(told))
    clerk.submit("/test")
    assert clerk.status == 200
    jobs.work_off()
    (told_of,) = told.erp.events
    assert told_of.type == choosing.TEST
    (delivery,) = webhooks.deliveries(told.account)
    assert delivery.status is DeliveryStatus.MADE
    assert json.loads(delivery.body)["data"] == {}
    clerk.get(clerk.path)
    assert "204" in clerk.text


def test_a_stopped_address_is_not_tried(clerk: Browser, told: Told) -> None:
    clerk.get(page(told))
    webhooks.stop(told.account, told.endpoint_id)
    clerk.submit("/test")
    assert clerk.status == 409
    assert webhooks.deliveries(told.account) == []
    clerk.get(page(told))
    assert f'action="{page(told)}/test"' not in clerk.text


def arrives(told: Told, *believed: str) -> bool:
    """Whether the other end, which believes these secrets, takes the next event in."""
    told.believed[:] = believed
    before = len(told.erp.events)
    told.happens()
    return len(told.erp.events) > before


def test_two_secrets_sign_for_a_week_and_then_one(clerk: Browser, told: Told) -> None:
    clerk.get(page(told))
    clerk.submit("/secret")
    (new,) = set(SECRET.findall(clerk.text))
    assert new != told.secret
    clerk.get(page(told))
    assert not SECRET.search(clerk.text)
    kept = webhooks.endpoint(told.account, told.endpoint_id)
    assert signing.unseal(installation.keys(), kept.sealed_secret) == new
    assert arrives(told, told.secret), "the old one is believed still"
    assert arrives(told, new)
    with db.transaction(), pytest.raises(NotAllowedNow):
        scope.enter(told.account.creditor_id)
        found = queries.endpoint(told.endpoint_id, lock=True)
        assert found is not None
        actions.rotate_secret(found)
    with time_machine.travel(clock.now() + actions.TWO_SECRETS + timedelta(minutes=1)):
        jobs.work_off()
        assert webhooks.endpoint(told.account, told.endpoint_id).sealed_old_secret is None
        assert arrives(told, new)
        assert not arrives(told, told.secret)


def test_the_old_secret_is_ended_by_hand(clerk: Browser, told: Told) -> None:
    clerk.get(page(told))
    clerk.submit("/secret")
    clerk.get(page(told))
    clerk.submit("/secret/end")
    assert clerk.status == 200
    kept = webhooks.endpoint(told.account, told.endpoint_id)
    assert (kept.sealed_old_secret, kept.old_until) == (None, None)
    assert not arrives(told, told.secret)
    again = {"csrf_token": clerk.csrf(), "command_id": ids.spell(ids.new_id())}
    assert clerk.post(f"{page(told)}/secret/end", again).status_code == 409


def test_a_new_secret_asks_for_proof_when_signing_in_was_long_ago(
    app: PortalFlask, clerk: Browser, told: Told
) -> None:
    with time_machine.travel(clock.now() + timedelta(minutes=12)):
        clerk.get(page(told))
        clerk.submit("/secret")
        assert not SECRET.search(clerk.text)
        assert clerk.path != page(told)
    assert webhooks.endpoint(told.account, told.endpoint_id).sealed_old_secret is None


def test_the_command_line_tests_chooses_and_rotates(app: PortalFlask, told: Told) -> None:
    endpoint = ids.spell(told.endpoint_id)
    assert "is on its way" in run(app, "test", "rossi", endpoint).stdout
    assert run(app, "only", "rossi", endpoint, "plan.*", "gate.passed").stdout == "gate.passed plan.*\n"
    assert run(app, "only", "rossi", endpoint, "plan").exit_code == 2
    assert run(app, "only", "rossi", endpoint).stdout == "everything\n"
    made = run(app, "rotate", "rossi", endpoint)
    assert SECRET.fullmatch(made.stdout.strip())
    assert run(app, "rotate", "rossi", endpoint).exit_code == 2
    (row,) = json.loads(run(app, "list", "rossi", "--json").stdout)
    assert row["kinds"] == []
    assert row["two_secrets_until"]
    assert run(app, "rotate", "rossi", endpoint, "--end-old").exit_code == 0
    assert run(app, "rotate", "rossi", endpoint, "--end-old").exit_code == 2
    assert run(app, "test", "rossi", "0000000000000").exit_code == 2
