"""Adding an endpoint: which addresses are taken, the secret shown once and sealed at rest, who may (D-22, A-02)."""

import json
import re

import pytest
from click.testing import CliRunner, Result

from portal.commands import line
from portal.commands import webhooks as commands
from portal.core import db, events, ids, installation, jobs, scope, signing
from portal.core.errors import Invalid
from portal.debtors.events import GatePassed
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from portal.webhooks import actions as webhooks_actions
from portal.webhooks import queries
from portal.webhooks.models import Endpoint
from portal.webhooks.states import DeliveryStatus, EndpointStatus
from tests.actors import Browser, forms_of
from tests.factories import webhooks
from tests.factories.people import signed_in
from tests.factories.world import make_account, make_creditor
from tests.queries_counted import counted
from tests.webhooks.conftest import Told

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def clerk(app: PortalFlask, told: Told) -> Browser:
    return signed_in(app, told.account.creditor_id, Role.MANAGER)


def run(app: PortalFlask, *arguments: str) -> Result:
    return CliRunner().invoke(commands.group, list(arguments), obj=line.Context(create_app=lambda _settings: app))


@pytest.mark.parametrize(
    "url",
    [
        "", "erp.example.com", "http://erp.example.com/hook", "https://127.0.0.1/hook", "https://10.0.0.5/",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://localhost/", "https://user:pw@erp.example/",
        "https://2130706433/", "ftp://erp.example.com/", "javascript:alert(1)", "https://erp.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_an_address_inside_a_network_or_not_safe_is_refused(told: Told, url: str) -> None:
    with pytest.raises(Invalid):
        webhooks.add_endpoint(told.account.creditor_id, url)


def test_the_same_address_twice_and_a_mail_address_that_is_none_are_refused(told: Told) -> None:
    with pytest.raises(Invalid):
        webhooks.add_endpoint(told.account.creditor_id, told.erp.hook_url)
    with pytest.raises(Invalid):
        webhooks.add_endpoint(told.account.creditor_id, "https://erp.example.com/", "nobody")


def test_the_secret_is_sealed_at_rest_and_no_two_are_alike(told: Told) -> None:
    added = webhooks.add_endpoint(told.account.creditor_id, "https://erp.example.com/hook")
    assert SECRET.fullmatch(added.secret)
    assert added.secret != told.secret
    kept = webhooks.endpoint(told.account, added.endpoint.id)
    assert added.secret not in kept.sealed_secret
    assert signing.unseal(installation.keys(), kept.sealed_secret) == added.secret


def test_a_secret_that_our_keys_do_not_open_stops_the_endpoint_and_nothing_else(told: Told) -> None:
    with db.transaction():
        scope.enter(told.account.creditor_id)
        found = db.session().get_one(Endpoint, told.endpoint_id)
        found.sealed_secret = "gAAAAA-not-ours"
    told.happens()
    stopped = webhooks.endpoint(told.account, told.endpoint_id)
    assert (stopped.status, stopped.stopped_why) == (
        EndpointStatus.STOPPED, "its secret cannot be opened with our keys",
    )  # fmt: skip
    assert [one.status for one in webhooks.deliveries(told.account)] == [DeliveryStatus.WAITING]


def test_staff_add_one_and_see_its_secret_once(clerk: Browser, told: Told) -> None:
    add_by_hand(clerk, url="https://erp.example.com/hook", notify_email="edp@rossi.example")
    assert clerk.status == 200
    assert "https://erp.example.com/hook" in clerk.text
    (secret,) = set(SECRET.findall(clerk.text))
    assert secret not in str(clerk.client.get_cookie("portal-staff"))
    clerk.get("/c/webhooks")
    assert not SECRET.search(clerk.text)
    added = newest(told)
    assert signing.unseal(installation.keys(), added.sealed_secret) == secret
    assert added.notify_email == "edp@rossi.example"


def add_by_hand(clerk: Browser, **typed: str) -> None:
    clerk.get("/c/webhooks")
    form = next(form for form in forms_of(clerk.text) if form.action == "/c/webhooks")
    clerk.post(form.action, {**form.fields, **typed})


def newest(told: Told) -> Endpoint:
    with db.transaction(writes=False):
        scope.enter(told.account.creditor_id)
        return queries.endpoints()[-1]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"url": ""}, "url"),
        ({"url": "http://erp.example.com/"}, "url"),
        ({"url": "https://erp.example.com/", "notify_email": "nobody"}, "notify_email"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_typed_is_lost(
    clerk: Browser, typed: dict[str, str], wrong: str
) -> None:
    add_by_hand(clerk, **typed)
    assert clerk.status == 422
    assert f'id="{wrong}-error"' in clerk.text
    for value in filter(None, typed.values()):
        assert f'value="{value}"' in clerk.text


def test_staff_stop_one_let_it_listen_again_and_see_every_attempt(clerk: Browser, told: Told) -> None:
    clerk.get("/c/webhooks")
    clerk.submit("/stop")
    assert "stopped" in clerk.text
    told.happens()
    assert told.erp.events == []
    clerk.get("/c/webhooks")
    clerk.submit("/resume")
    assert "1 waiting events go out" in clerk.text
    jobs.work_off()
    assert len(told.erp.events) == 1
    clerk.get("/c/webhooks/deliveries")
    assert "gate.passed" in clerk.text
    (delivery,) = webhooks.deliveries(told.account)
    clerk.get(f"/c/webhooks/deliveries/{ids.spell(delivery.id)}")
    assert "204" in clerk.text
    assert f"msg_{ids.spell(delivery.event_id)}" in clerk.text
    assert "&#34;debtor_code&#34;: &#34;0042&#34;" in clerk.text
    clerk.submit("/replay")
    assert clerk.status == 200
    jobs.work_off()
    assert told.erp.events[0].deliveries == 2


def test_deliveries_are_filtered_and_paged(clerk: Browser, told: Told) -> None:
    webhooks.stop(told.account, told.endpoint_id)
    told.happens(times=51)
    clerk.get("/c/webhooks/deliveries")
    assert clerk.text.count("data-row") == 50
    (older,) = re.findall(r'rel="next" href="([^"]+)"', clerk.text)
    clerk.get(older.replace("&amp;", "&"))
    assert clerk.text.count("data-row") == 1
    clerk.get("/c/webhooks/deliveries?state=made")
    assert "data-row" not in clerk.text
    clerk.get(f"/c/webhooks/deliveries?state=waiting&to={ids.spell(told.endpoint_id)}")
    assert clerk.text.count("data-row") == 50


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_who_may_not_touch_systems_sees_none(app: PortalFlask, told: Told, role: Role) -> None:
    browser = signed_in(app, told.account.creditor_id, role)
    assert browser.get("/c/webhooks").status_code == 403
    assert browser.get("/c/webhooks/deliveries").status_code == 403


def test_another_creditors_rows_look_like_none(app: PortalFlask, told: Told) -> None:
    told.happens()
    (delivery,) = webhooks.deliveries(told.account)
    stranger = signed_in(app, make_account(make_creditor("verdi")).creditor_id, Role.ADMIN)
    stranger.get("/c/webhooks")
    token = stranger.csrf()
    assert told.erp.hook_url not in stranger.text
    assert stranger.get(f"/c/webhooks/deliveries/{ids.spell(delivery.id)}").status_code == 404
    for path in (
        f"/c/webhooks/{ids.spell(told.endpoint_id)}/stop",
        f"/c/webhooks/{ids.spell(told.endpoint_id)}/resume",
        f"/c/webhooks/deliveries/{ids.spell(delivery.id)}/replay",
    ):
        data = {"csrf_token": token, "command_id": ids.spell(ids.new_id())}
        assert stranger.post(path, data).status_code == 404, path
    assert webhooks.endpoint(told.account, told.endpoint_id).status is EndpointStatus.ACTIVE


def test_the_command_line_adds_lists_resumes_and_replays(app: PortalFlask, told: Told) -> None:
    added = run(app, "add", "rossi", told.erp.url + "/hook/two", "--notify", "edp@rossi.example")
    assert (added.exit_code, bool(SECRET.fullmatch(added.stdout.strip()))) == (0, True)
    refused = run(app, "add", "rossi", "http://erp.example.com/")
    assert (refused.exit_code, "https://" in refused.output) == (2, True)
    assert run(app, "add", "nobody", "https://erp.example.com/").exit_code == 2
    told.erp.answers.next_with(410, times=1)
    told.happens()
    listed = run(app, "list", "rossi", "--json")
    rows = {row["url"]: row for row in json.loads(listed.stdout)}
    assert not SECRET.search(listed.stdout)
    gone = next(row for row in rows.values() if row["status"] == "stopped")
    assert "410" in gone["why"]
    assert "410" in run(app, "list", "rossi").stdout
    early = run(app, "replay", "rossi", "--failed")
    assert (early.exit_code, "Let it listen again first" in early.output) == (2, True)
    assert run(app, "resume", "rossi", gone["id"]).stdout == "0 events go out\n"
    assert run(app, "replay", "rossi", "--failed").stdout == "1 events go out again\n"
    assert run(app, "replay", "rossi", "--failed").stdout == "0 events go out again\n"
    for wrong in ("x", "0000000000000"):
        assert run(app, "replay", "rossi", wrong).exit_code == 2
        assert run(app, "resume", "rossi", wrong).exit_code == 2
    assert run(app, "replay", "rossi").exit_code == 2


def test_endpoints_are_read_once_for_a_unit_of_work_and_afresh_when_one_is_added(app: PortalFlask) -> None:
    account = make_account()

    def happen() -> int:
        with counted() as statements:
            events.record(GatePassed(link_id=1, visit_id=2, level=2, debtor_id=account.debtor_id))
        return sum("webhook_endpoints" in one or "FROM endpoints" in one for one in statements.statements)

    with db.transaction() as session:
        scope.enter(account.creditor_id)
        assert [happen() for _ in range(3)] == [1, 0, 0]
        webhooks_actions.add_endpoint("https://erp.example/hook")
        assert [happen() for _ in range(2)] == [1, 0]
        session.flush()
    assert len(webhooks.deliveries(account)) == 2
