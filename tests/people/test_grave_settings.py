"""What a thief would change first, beside the bank account: a fresh proof, and word to the others (rule A-66)."""

import pytest
import time_machine

from portal.core import db, jobs, scope
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import policies
from portal.doubles.mailbox import Mailbox
from portal.people import grave_settings, sessions
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.messages import relay_through
from tests.factories.people import PASSWORD, Somebody, make_person, sign_in
from tests.factories.world import make_creditor

STALE = sessions.PROOF.total_seconds() + 1


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    assert app
    return make_creditor()


@pytest.fixture
def admin(creditor: Creditor) -> Somebody:
    return make_person(creditor)


def now(creditor: Creditor) -> tuple[str | None, str | None, str]:
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        row = creditors.by_id(creditor.id)
        return row.phone, row.email, policies.policy().no_other_channel


def send(browser: Browser, page: str, **typed: str) -> None:
    browser.get(page)
    form = browser.form(page)
    headers = {"Origin": browser.base_url, "Referer": browser.base_url + page}
    browser.page = browser.client.post(
        form.action, data={**form.fields, **typed}, base_url=browser.base_url, headers=headers, follow_redirects=True
    )


def test_another_number_or_address_asks_for_a_proof_and_what_is_daily_does_not(
    app: PortalFlask, creditor: Creditor, admin: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, admin)
    before = now(creditor)
    later.shift(STALE)
    send(browser, "/c/settings", hours="9-18")
    assert browser.path == "/c/settings"
    for typed in ({"phone": "+39 02 9999999"}, {"email": "ladro@evil.example"}, {"gate_fact": "postcode"}):
        send(browser, "/c/settings", **typed)
        assert browser.path == "/c/proof", typed
    assert now(creditor) == before
    send(browser, "/c/settings", phone="+39 02 9999999")
    browser.submit("/c/proof", password=PASSWORD)
    assert browser.path == "/c/settings"
    assert browser.form("/c/settings").fields["phone"] == "+39 02 9999999", "nothing typed is lost"
    assert now(creditor) == before, "nothing is done by the proof itself"
    browser.submit("/c/settings")
    assert now(creditor)[0] == "+39 02 9999999"


def test_where_codes_may_go_asks_for_a_proof(
    app: PortalFlask, creditor: Creditor, admin: Somebody, later: time_machine.Traveller
) -> None:
    browser = sign_in(app, admin)
    later.shift(STALE)
    send(browser, "/c/settings/doors", no_other_channel="same")
    assert browser.path == "/c/proof"
    assert now(creditor)[2] == policies.WAIT
    browser.submit("/c/proof", password=PASSWORD)
    browser.submit("/settings/doors")
    assert now(creditor)[2] == policies.SAME


def test_the_other_administrators_and_the_address_of_before_are_told(
    app: PortalFlask, creditor: Creditor, admin: Somebody
) -> None:
    other = make_person(creditor, email="altra@rossi.example", name="Sara Neri")
    browser = sign_in(app, admin)
    with Mailbox() as mailbox:
        relay_through(mailbox)
        send(browser, "/c/settings", email="nuova@rossi.example", hours="9-18")
        send(browser, "/c/settings/doors", no_other_channel="same")
        send(browser, "/c/settings", hours="9-19")
        jobs.work_off()
        first, second = mailbox.wait_for(other.email, count=2)
        for address in ("amministrazione@rossi.example", "nuova@rossi.example"):
            assert len(mailbox.wait_for(address, count=2)) == 2
        assert all(admin.email not in mail.recipients for mail in mailbox.messages)
    told = first.text + second.text
    assert "Giulia Ferri" in told
    for name in ("email", "no_other_channel"):
        assert i18n.say(grave_settings.WHAT[name], "it") in told
    assert "nuova@" not in told, "a mail goes where it goes"
