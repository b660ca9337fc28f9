"""Proving once more who one is: for what, for how long, and that nothing typed is lost on the way (rule A-66)."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import inspect, select, text

from portal.core import db, jobs, scope
from portal.core.ids import spell
from portal.creditors.models import Creditor
from portal.people import held, sessions
from portal.people.jobs import forget_held_forms
from portal.people.models import Invitation, StaffSession
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from portal.webhooks.models import Endpoint
from tests.actors import Browser
from tests.factories.people import PASSWORD, Somebody, let_codes_come_again, make_person, sign_in
from tests.factories.world import make_creditor

# What asks for a fresh proof: exports, keys and secrets, changes of people, the bank account.
ASKS = {
    "sync_creditor.take_results", "imports_creditor.download_report", "webhooks_creditor.add",
    "account_papers_creditor.download_table", "privacy_creditor.take_out", "privacy_creditor.agree",
    "payments_creditor.save_settings", "people_creditor.invite", "people_creditor.change_role",
    "people_creditor.end_access", "people_creditor.reset_second_factor", "account_creditor.ask",
    "account_creditor.approve", "agencies_creditor.give", "agencies_creditor.end", "own_creditor.make_recovery_codes",
    "own_creditor.turn_off_second_factor", "doors_creditor.revoke_many", "doors_creditor.agree",
    "refunds_creditor.request_refund", "refunds_creditor.approve",
    "refunds_creditor.give_up", "evidence_creditor.download", "overpayments_creditor.ask_refund",
    "overpayments_creditor.note_return", "overpayments_creditor.agree", "doors_creditor.save_settings",
    "settings_creditor.save", "plans_settings.save",
}  # fmt: skip
STALE = sessions.PROOF + timedelta(seconds=1)


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def person(creditor: Creditor) -> Somebody:
    return make_person(creditor)


def invitations(creditor: Creditor) -> int:
    with db.transaction(writes=False) as session:
        return len(session.scalars(select(Invitation).where(Invitation.creditor_id == creditor.id)).all())


def prove(browser: Browser, **typed: str) -> None:
    assert browser.path == "/c/proof", browser.path
    browser.submit("/c/proof", **typed)


def test_these_views_ask_for_it(app: PortalFlask) -> None:
    """A view that gives data or keys away, or changes who may do what, is added here when it is written."""
    marked = {name for name, view in app.view_functions.items() if getattr(view, "needs_proof", False)}
    assert marked >= ASKS


def test_for_ten_minutes_nobody_is_asked_again(
    app: PortalFlask, person: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, person)
    later.shift(sessions.PROOF)
    assert browser.get("/c/results.csv").mimetype == "text/csv"
    later.shift(1)
    browser.get("/c/results.csv")
    assert browser.path == "/c/proof"
    later.shift(60)
    browser.get("/c/")
    assert browser.path == "/c/", "what is read every day goes on"


@pytest.mark.parametrize("by", ["password", "code"])
def test_a_page_comes_by_itself_afterwards(
    app: PortalFlask, person: Somebody, later: time_machine.Traveller, by: str
) -> None:
    browser = sign_in(app, person)
    later.shift(STALE)
    browser.get("/c/results.csv?since=2026-11-01")
    assert browser.path == "/c/proof"
    prove(browser, **({"password": PASSWORD} if by == "password" else {"code": person.code()}))
    assert browser.path == "/c/results.csv"
    assert browser.page is not None
    assert browser.page.request.query_string == b"since=2026-11-01"


def test_a_form_is_not_carried_out_and_nothing_typed_is_lost(
    app: PortalFlask, creditor: Creditor, person: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, person)
    browser.get("/c/people")
    later.shift(STALE)
    form = browser.form("/c/people")
    headers = {"Origin": "http://portal.test", "Referer": "http://portal.test/c/people"}
    data = {**form.fields, "email": "sara@rossi.example", "role": "agent"}
    browser.page = browser.client.post(
        "/c/people", data=data, base_url="http://portal.test", headers=headers, follow_redirects=True
    )
    assert browser.path == "/c/proof"
    assert "has not been carried out yet" in browser.text
    assert invitations(creditor) == 0
    prove(browser, password=PASSWORD)
    assert browser.path == "/c/people"
    assert "nothing is lost" in browser.text
    assert 'value="sara@rossi.example"' in browser.text
    assert 'value="agent" checked' in browser.text
    assert invitations(creditor) == 0
    browser.submit("/c/people", role="agent")
    assert invitations(creditor) == 1
    browser.get("/c/people")
    assert 'name="email" type="email" value="sara' not in browser.text, "shown once more, not for ever"


def test_the_form_that_was_open_may_still_be_sent(
    app: PortalFlask, creditor: Creditor, person: Somebody, later: time_machine.Traveller
) -> None:
    """Going back in the browser finds the form as it was; its number is still free and its secret still good."""
    browser = sign_in(app, person)
    browser.get("/c/people")
    later.shift(STALE)
    data = {**browser.form("/c/people").fields, "email": "sara@rossi.example", "role": "agent"}
    browser.post("/c/people", data)
    prove(browser, password=PASSWORD)
    browser.post("/c/people", data)
    assert browser.path == "/c/people"
    assert invitations(creditor) == 1


def test_secrets_are_not_kept_and_the_rest_is_sealed(
    app: PortalFlask, creditor: Creditor, person: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, person)
    browser.get("/c/settings/payments")
    later.shift(STALE)
    data = {
        **browser.form("/settings/payments").fields, "account": "acct_1RossiRossi", "secret_key": "sk_live_very_secret",
        "webhook_secret": "whsec_very_secret",
    }  # fmt: skip
    browser.post("/c/settings/payments", data)
    assert browser.path == "/c/proof"
    with db.transaction(writes=False) as session:
        (row,) = session.scalars(select(StaffSession).where(StaffSession.held_at.is_not(None)))
        assert row.held_form is not None
    with db.engine().connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = str(connection.execute(text(f'SELECT * FROM "{table}"')).all())
            assert "very_secret" not in rows, table
            assert "acct_1RossiRossi" not in rows, table


def typed_and_proved(browser: Browser, page: str, action: str, **typed: str) -> dict[str, str]:
    """Sends the form on `page` when the proof is stale, proves, and gives back what stands in it then."""
    browser.get(page)
    data = {**browser.form(action).fields, **typed}
    headers = {"Origin": "http://portal.test", "Referer": f"http://portal.test{page}"}
    browser.page = browser.client.post(
        browser.form(action).action, data=data, base_url="http://portal.test", headers=headers, follow_redirects=True
    )
    prove(browser, password=PASSWORD)
    assert browser.path == page
    return browser.form(action).fields


@pytest.mark.parametrize(
    ("page", "typed", "area"),
    [
        ("/c/settings/account", {"iban": "IT60X0542811101000000999999", "holder": "Nuova Tesoreria S.p.A."}, None),
        ("/c/agencies", {"name": "Agenzia Alfa", "vat_number": "IT11122233344", "reach": "named"}, "0042, 0043"),
        ("/c/agencies", {"name": "Agenzia Alfa", "until_on": "2027-12-31", "reach": "named"}, "0042\n" * 5000),
    ],
)
def test_no_name_of_a_field_is_taken_for_a_secret_because_it_sounds_like_one(
    app: PortalFlask,
    person: Somebody,
    later: time_machine.Traveller,
    page: str,
    typed: dict[str, str],
    area: str | None,
) -> None:
    """An account's holder holds "old", an agency's customer codes "code"."""
    browser = sign_in(app, person)
    later.shift(STALE)
    again = typed_and_proved(browser, page, page, **typed, **({"codes": area} if area else {}))
    assert {name: again[name] for name in typed} == typed
    assert area is None or area.strip() in browser.text


def test_what_is_held_goes_with_the_hour_and_with_the_session(
    app: PortalFlask, creditor: Creditor, person: Somebody, later: time_machine.Traveller
) -> None:
    browsers = [sign_in(app, person), sign_in(app, person)]
    for browser in browsers:
        browser.get("/c/people")
    later.shift(STALE)
    for browser in browsers:
        data = {**browser.form("/c/people").fields, "email": "sara@rossi.example", "role": "agent"}
        browser.post("/c/people", data)

    def kept() -> int:
        with db.transaction(writes=False) as session:
            return len(session.scalars(select(StaffSession).where(StaffSession.held_form.is_not(None))).all())

    assert kept() == 2
    browsers[0].submit("/c/logout")
    assert kept() == 1
    later.shift(held.KEPT_FOR + timedelta(seconds=1))
    forget_held_forms()
    assert kept() == 0


def test_a_wrong_proof_is_counted_and_opens_nothing(
    app: PortalFlask, person: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, person)
    later.shift(STALE)
    browser.get("/c/results.csv")
    for _ in range(10):
        browser.submit("/c/proof", password="wrong")
        assert browser.status == 422
    browser.submit("/c/proof", password=PASSWORD)
    assert browser.status == 429
    browser.get("/c/results.csv")
    assert browser.path == "/c/proof"


def test_a_code_proves_once(app: PortalFlask, person: Somebody, later: time_machine.Traveller) -> None:
    first, second = sign_in(app, person), sign_in(app, person)
    later.shift(STALE)
    let_codes_come_again(person)
    for browser, status in ((first, 200), (second, 422)):
        browser.get("/c/results.csv")
        browser.submit("/c/proof", code=person.code())
        assert browser.status == status


def test_proving_gives_a_new_session_that_ends_no_later(
    app: PortalFlask, person: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, person)
    kept = browser.client.get_cookie("portal-staff", domain="portal.test")
    assert kept is not None
    later.shift(STALE)
    browser.get("/c/results.csv")
    prove(browser, password=PASSWORD)
    thief = Browser(app)
    thief.client.set_cookie("portal-staff", kept.value, domain="portal.test")
    thief.get("/c/")
    assert thief.path == "/c/login"
    with db.transaction(writes=False) as session:
        signed_in = select(StaffSession).where(StaffSession.waits_for_code.is_(False))
        old, new = session.scalars(signed_in.order_by(StaffSession.id))
        assert old.ended_at is not None
        assert (new.started_at, new.ends_at) == (old.started_at, old.ends_at)
        assert new.proved_at > old.proved_at


@pytest.mark.parametrize("wanted", ["//evil.example/c/", "https://evil.example/", "/d/", "/c/../d/", "/c/logout"])
def test_it_leads_nowhere_else(app: PortalFlask, person: Somebody, wanted: str) -> None:
    browser = sign_in(app, person)
    browser.get("/c/proof", query_string={"next": wanted})
    browser.submit("/c/proof", password=PASSWORD)
    assert browser.path == "/c/"


def test_whose_role_may_not_is_refused_before_being_asked(
    app: PortalFlask, creditor: Creditor, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, make_person(creditor, Role.VIEWER))
    later.shift(STALE)
    assert browser.get("/c/results.csv").status_code == 403


def test_adding_an_endpoint_waits_for_the_proof(
    app: PortalFlask, creditor: Creditor, later: time_machine.Traveller
) -> None:
    manager = make_person(creditor, Role.MANAGER)
    browser = sign_in(app, manager)
    browser.get("/c/webhooks")
    later.shift(STALE)
    browser.submit("/c/webhooks", url="https://erp.example.com/in", notify_email="edp@rossi.example")
    prove(browser, password=PASSWORD)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(Endpoint)).all() == []
    jobs.work_off()


def test_changing_people_waits_for_the_proof_and_stopping_them_does_not(
    app: PortalFlask, creditor: Creditor, person: Somebody, later: time_machine.Traveller
) -> None:
    colleague = make_person(creditor, Role.VIEWER)
    browser, theirs = sign_in(app, person), sign_in(app, colleague)
    browser.get("/c/people")
    later.shift(STALE)
    path = f"/c/people/{spell(colleague.staff_id)}"
    browser.submit(f"{path}/role", role="admin")
    assert browser.path == "/c/proof"
    browser.get("/c/people")
    browser.submit(f"{path}/end")
    assert browser.path == "/c/proof"
    browser.get("/c/people")
    browser.submit(f"{path}/sign-out")
    assert browser.path == "/c/people"
    theirs.get("/c/")
    assert theirs.path == "/c/login"
