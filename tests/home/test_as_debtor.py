"""Seen as the debtor sees it: the same page, nothing of it works, and nothing of it is written down (issue 4, 3)."""

import re

import pytest

from portal.core import db, ids, scope
from portal.core.ids import spell
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor, forms_of
from tests.databases import Prepared
from tests.factories.people import signed_in
from tests.factories.staff_world import make_busy
from tests.factories.world import Account, make_account, make_creditor
from tests.security import snapshots


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account(make_creditor(), language="en")
    made.add_invoice()
    made.add_invoice("129/2026", "80.00", due_in=-5)
    return made


def preview(account: Account) -> str:
    return f"/c/debtors/{spell(account.debtor_id)}/as-debtor"


@pytest.fixture
def browser(app: PortalFlask, account: Account) -> Browser:
    return signed_in(app, account.creditor_id, Role.VIEWER)


def words(html: str) -> str:
    """What a reader reads on the page's main part."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_it_is_the_page_that_the_debtor_has(app: PortalFlask, account: Account, browser: Browser) -> None:
    debtor = Debtor(app)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/")
    browser.get(preview(account))
    assert browser.status == 200
    assert words(browser.text) == words(debtor.text)
    assert "128/2026" in browser.text
    assert "This is what Bianchi Costruzioni S.n.c. sees" in browser.text


def test_the_card_leads_there(browser: Browser, account: Account) -> None:
    browser.get(f"/c/debtors/{spell(account.debtor_id)}")
    assert preview(account) in browser.text


def test_it_is_in_the_debtors_language_under_the_readers_banner(app: PortalFlask) -> None:
    account = make_account(make_creditor(), language="it")
    account.add_invoice()
    browser = signed_in(app, account.creditor_id, Role.VIEWER)
    browser.get(preview(account))
    assert '<html lang="it"' in browser.text
    assert "This is what" in browser.text
    assert "Buongiorno" in browser.text
    browser.get("/c/")
    assert '<html lang="en"' in browser.text


def test_it_leaves_no_trace(browser: Browser, account: Account, prepared: Prepared) -> None:
    browser.get("/c/")
    before = snapshots.everything(prepared)
    for _ in range(3):
        browser.get(preview(account))
        assert browser.status == 200
    after = snapshots.everything(prepared)
    for table, rows in before.items():
        if table != "staff_sessions":
            assert rows == after[table], table


def test_nothing_on_it_leads_anywhere(browser: Browser, account: Account) -> None:
    browser.get(preview(account))
    targets = re.findall(r'(?:href|action)="([^"]*)"', browser.text)
    allowed = ("#", "/static/", "/brand/", f"/c/debtors/{spell(account.debtor_id)}")
    assert all(target.startswith(allowed) for target in targets), targets
    assert all(form.action == "" for form in forms_of(browser.text))
    assert not re.search(r'name="csrf_token" value="[^"]+"', browser.text)


def test_nothing_can_be_done_from_it(
    app: PortalFlask, browser: Browser, account: Account, prepared: Prepared
) -> None:
    """Every form of the debtor's side, sent from this browser with all it has: refused, and nothing has changed."""
    browser.get("/c/me")
    numbers = {"csrf_token": browser.csrf(), "command_id": spell(ids.new_id())}
    browser.get(preview(account))
    before = snapshots.business(prepared)
    invoice = spell(account.invoice_ids[0])
    tried = 0
    for rule in app.url_map.iter_rules():
        blueprint = app.blueprints.get(rule.endpoint.split(".")[0])
        if getattr(blueprint, "guarded_by", "") != "visit" or "POST" not in (rule.methods or set()):
            continue
        path = re.sub(r"<id:\w+>", invoice, rule.rule)
        browser.post(path, {**numbers, "answer": "received", "question": "x"}, follow=False)
        assert browser.status in {400, 403}, (path, browser.status)
        tried += 1
    assert browser.post(preview(account), numbers).status_code == 405
    assert tried >= 7
    assert snapshots.differences(before, snapshots.business(prepared)) == {}


def test_another_creditors_and_nobodys_look_the_same(app: PortalFlask, browser: Browser) -> None:
    stranger = make_account(make_creditor("verdi"), code="1", vat_number="IT12345672222")
    bodies = []
    for debtor_id in (stranger.debtor_id, ids.new_id()):
        assert browser.get(f"/c/debtors/{spell(debtor_id)}/as-debtor").status_code == 404
        bodies.append(browser.text)
    assert bodies[0] == bodies[1]


def test_a_browser_that_is_a_debtors_too_mixes_nothing_up(app: PortalFlask) -> None:
    """Whoever tries the links out at their desk: what they see of one customer does not act for another."""
    busy = make_busy(app)
    other = make_account(busy.creditor, code="0077", vat_number="IT12345670000", name="Altro S.r.l.")
    browser = signed_in(app, busy.creditor, Role.AGENT)
    browser.get(busy.account.link())
    browser.submit("/gate", fact=busy.account.fact)
    browser.get(f"/c/debtors/{spell(other.debtor_id)}/as-debtor")
    assert "Altro S.r.l." in browser.text
    assert "128/2026" not in browser.text
    with db.transaction(writes=False):
        scope.enter(busy.creditor.id)
