""" "Save as CSV" on the list of due items: the file holds what the list finds, all pages of it, and nothing else."""

import csv
import html
import io
import re

import pytest

from portal.core import db, ids, scope
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.people.roles import Role
from portal.sync import results
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor
from tests.inbox.test_due_items import hold, numbers, settle


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def browser(app: PortalFlask, creditor: Creditor) -> Browser:
    return signed_in(app, creditor, Role.MANAGER)


def make_mixture(creditor: Creditor) -> Account:
    """One of each: late, near and held, far, closed, withdrawn, in dollars, of another customer."""
    account = make_account(creditor)
    account.add_invoice("late", "100.00", -5)
    hold(account, account.add_invoice("near", "200.00", 3), holds.DISPUTED)
    account.add_invoice("far", "300.00", 40)
    settle(account, account.add_invoice("closed", "999.00", 1))
    account.add_invoice("usd", "70.00", 4, currency="USD")
    with db.transaction():
        scope.enter(creditor.id)
        taken_back = invoice_queries.invoice(account.add_invoice("taken-back", "10.00", 2))
        assert taken_back is not None
        invoices.withdraw(taken_back)
    make_account(creditor, "77", name="Verdi & Figli").add_invoice("of-verdi", "1.00", 9)
    make_account(make_creditor("elsewhere"), "1").add_invoice("foreign", "1.00", 3)
    return account


def road(browser: Browser) -> str:
    found = re.search(r'href="(/c/results\.csv[^"]*)"', browser.text)
    assert found
    return html.unescape(found[1])


def saved(browser: Browser) -> list[str]:
    content = browser.get(road(browser)).get_data()
    assert browser.status == 200
    return [row["number"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {"late", "near", "far", "usd", "of-verdi"}),
        ("state=all", {"late", "near", "far", "usd", "of-verdi", "closed", "taken-back"}),
        ("state=closed", {"closed", "taken-back"}),
        ("state=held", {"near"}),
        ("when=overdue", {"late"}),
        ("when=soon", {"near", "usd"}),
        ("when=future", {"far", "of-verdi"}),
        ("currency=USD", {"usd"}),
        ("q=verdi+%26", {"of-verdi"}),
        ("q=bianchi&when=future", {"far"}),
        ("q=zzz", set()),
        ("q=%00%25", set()),
        ("debtor={debtor}", {"late", "near", "far", "usd"}),
        ("debtor={debtor}&state=closed&sort=open&down=1", {"closed", "taken-back"}),
        ("when=nonsense&state=%27--&currency=%3Cb%3E&debtor=zzz", {"late", "near", "far", "usd", "of-verdi"}),
    ],
)
def test_the_file_holds_what_the_list_finds(
    creditor: Creditor, browser: Browser, asked: str, found: set[str]
) -> None:
    account = make_mixture(creditor)
    browser.get("/c/items?" + asked.format(debtor=ids.spell(account.debtor_id)))
    listed = numbers(browser)
    assert set(listed) == found
    assert sorted(saved(browser)) == sorted(listed)


def test_it_holds_every_page_of_the_list(
    creditor: Creditor, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 4)
    monkeypatch.setattr(results, "PAGE", 5)
    account = make_account(creditor)
    account.add_invoice("other", "1.00", 3)
    account.add_invoice("many", "130.00", 3, parts=13)
    browser.get("/c/items?q=many&state=open&after=")
    assert len(numbers(browser)) == 4
    assert saved(browser) == ["many"] * 13


@pytest.mark.parametrize(
    "asked", ["state=x", "when=x", "currency=EURO", "currency=%3Cb%3E", "debtor=zzz", "debtor=' OR 1=1", "since=x"]
)
def test_a_choice_that_cannot_be_read_gives_no_file(browser: Browser, creditor: Creditor, asked: str) -> None:
    make_account(creditor).add_invoice("128/2026")
    assert browser.get(f"/c/results.csv?{asked}").status_code == 422
    assert "128/2026" not in browser.text
    assert browser.get("/c/results.csv?state=&when=&q=&currency=&debtor=").status_code == 200


def test_who_may_not_take_data_out_sees_no_road(app: PortalFlask, creditor: Creditor) -> None:
    agent = signed_in(app, creditor, Role.AGENT)
    agent.get("/c/items?q=128")
    assert "results.csv" not in agent.text
    assert agent.get("/c/results.csv?q=128").status_code == 403
