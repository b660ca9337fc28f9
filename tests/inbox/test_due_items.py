"""The due-item diary: what is found, in which order, a page at a time, with sums per currency."""

import re
from datetime import timedelta

import pytest

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.people.roles import Role
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def browser(app: PortalFlask, creditor: Creditor) -> Browser:
    return signed_in(app, creditor, Role.VIEWER)


def numbers(browser: Browser) -> list[str]:
    """The invoices' numbers in the order of the page."""
    return re.findall(r'href="/c/invoices/\w+">Invoice ([^<]+)</a>', browser.text)


def settle(account: Account, invoice_id: int, amount: str | None = None) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        item = invoice_queries.items_of_debtor(account.debtor_id, invoice_id)[0]
        minor = item.open.minor if amount is None else round(float(amount) * 100)
        invoices.settle_item(
            item,
            Money(minor, item.open.currency),
            account=accounts.BANK,
            kind="payment",
            source=Source("test", ids.new_id()),
            value_on=clock.today(),
        )


def hold(account: Account, invoice_id: int, reason: str) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        for item in invoice_queries.items_of_debtor(account.debtor_id, invoice_id):
            invoices.hold(item, reason, 1, clock.today() + timedelta(days=3))


def test_open_items_by_date_with_their_sums(creditor: Creditor, browser: Browser) -> None:
    account = make_account(creditor)
    account.add_invoice("late", "100.00", -5)
    account.add_invoice("far", "300.00", 40)
    account.add_invoice("near", "200.00", 3)
    settle(account, account.add_invoice("closed", "999.00", 1))
    other = make_account(make_creditor("verdi"))
    other.add_invoice("foreign", "5000.00", 1)
    browser.get("/c/items")
    assert numbers(browser) == ["late", "near", "far"]
    assert "3 due items, €600.00" in browser.text
    assert "5 days ago" in browser.text
    assert "in 3 days" in browser.text
    assert "foreign" not in browser.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("when=overdue", ["late"]),
        ("when=soon", ["near"]),
        ("when=future", ["far"]),
        ("state=closed", ["closed", "taken-back"]),
        ("state=held", ["near"]),
        ("state=all", ["late", "closed", "taken-back", "near", "far"]),
        ("q=FAR", ["far"]),
        ("q=bianchi&when=future", ["far"]),
        ("q=0042", ["late", "near", "far"]),
        ("q=zzz", []),
        ("q=%25", []),
        ("q=%00", ["late", "near", "far"]),
        ("when=nonsense&state=%27--&sort=x&down=7&currency=%3Cb%3E&after=zzz", ["late", "near", "far"]),
        ("sort=open&down=1", ["far", "near", "late"]),
        ("sort=number", ["far", "late", "near"]),
        ("sort=due&down=1", ["far", "near", "late"]),
    ],
)
def test_filters_stand_in_the_address(creditor: Creditor, browser: Browser, asked: str, found: list[str]) -> None:
    account = make_account(creditor)
    account.add_invoice("late", "100.00", -5)
    hold(account, account.add_invoice("near", "200.00", 3), holds.DISPUTED)
    account.add_invoice("far", "300.00", 40)
    settle(account, account.add_invoice("closed", "999.00", 1))
    with db.transaction():
        scope.enter(creditor.id)
        taken_back = invoice_queries.invoice(
            account.add_invoice("taken-back", "10.00", 2) and account.invoice_ids[-1]
        )
        assert taken_back is not None
        invoices.withdraw(taken_back)
    browser.get(f"/c/items?{asked}")
    assert browser.status == 200
    assert numbers(browser) == found
    assert ("Nothing matches" in browser.text) is (not found)


def test_held_items_say_why(creditor: Creditor, browser: Browser) -> None:
    account = make_account(creditor)
    hold(account, account.add_invoice("128", "200.00", 3), holds.TRANSFER_ON_ITS_WAY)
    browser.get("/c/items")
    assert "a transfer is on its way" in browser.text


def test_part_payments_show_what_is_left(creditor: Creditor, browser: Browser) -> None:
    account = make_account(creditor)
    settle(account, account.add_invoice("128", "200.00", 3), "50.00")
    browser.get("/c/items")
    assert "€150.00" in browser.text
    assert "of €200.00" in browser.text


def test_customers_stand_together_in_the_order_of_their_dates(creditor: Creditor, browser: Browser) -> None:
    second = make_account(creditor, "2", name="Beta")
    first = make_account(creditor, "1", name="Alfa")
    second.add_invoice("b2", "1.00", 9)
    first.add_invoice("a2", "1.00", 8)
    second.add_invoice("b1", "1.00", 2)
    first.add_invoice("a1", "1.00", 1)
    browser.get("/c/items?sort=customer")
    assert numbers(browser) == ["a1", "a2", "b1", "b2"]
    browser.get(f"/c/items?debtor={ids.spell(second.debtor_id)}")
    assert numbers(browser) == ["b1", "b2"]
    assert f'name="debtor" value="{ids.spell(second.debtor_id)}"' in browser.text, "the filter form keeps it"


def test_sums_are_per_currency_and_never_added_up(creditor: Creditor, browser: Browser) -> None:
    account = make_account(creditor)
    account.add_invoice("eur", "100.00", 3)
    account.add_invoice("usd", "70.00", 4, currency="USD")
    browser.get("/c/items")
    assert "2 due items, €100.00 + $70.00" in browser.text
    browser.get("/c/items?currency=USD")
    assert numbers(browser) == ["usd"]
    assert "1 due item, $70.00" in browser.text
    assert '<option value="EUR"' in browser.text


@pytest.mark.parametrize("sort", ["due", "customer", "number", "open"])
@pytest.mark.parametrize("down", ["", "1"])
def test_pages_go_on_where_the_last_ended(
    creditor: Creditor, browser: Browser, monkeypatch: pytest.MonkeyPatch, sort: str, down: str
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 4)
    for debtor in range(3):
        account = make_account(creditor, str(debtor), name=f"Città {debtor % 2}")
        for invoice in range(3):
            account.add_invoice(f"{debtor}-{invoice}", "10.00", invoice)  # many alike: the id decides
    browser.get(f"/c/items?sort={sort}&down={down}")
    found, pages = numbers(browser), 1
    while older := re.search(r'rel="next" href="([^"]+)"', browser.text):
        browser.get(older[1].replace("&amp;", "&"))
        assert browser.status == 200
        found, pages = found + numbers(browser), pages + 1
    assert pages == 3
    assert len(found) == len(set(found)) == 9
    assert f"sort={sort}" in browser.page.request.query_string.decode()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "cursor",
    [
        paging.write_cursor(1 << 70, 1),
        paging.write_cursor(1, 1 << 70),
        paging.write_cursor(-1, -1),
        paging.write_cursor("x", 1),
        paging.write_cursor(clock.today(), 1),
        "W10",
        "é",
        "x" * 500,
    ],
)
def test_a_cursor_that_somebody_wrote_is_the_first_page(creditor: Creditor, browser: Browser, cursor: str) -> None:
    make_account(creditor).add_invoice("128")
    for path in ("/c/items", "/c/debtors", "/c/activity"):
        browser.get(path, query_string={"after": cursor})
        assert browser.status == 200, path
    browser.get("/c/items", query_string={"after": cursor})
    assert numbers(browser) == ["128"]


def test_an_empty_list_says_what_to_do_next(app: PortalFlask, creditor: Creditor, browser: Browser) -> None:
    browser.get("/c/items")
    assert "Nothing is open" in browser.text
    manager = signed_in(app, creditor, Role.MANAGER)
    manager.get("/c/items")
    assert manager.text.count("Bring in invoices") >= 2


def test_the_address_is_not_repeated_with_what_it_should_not_hold(creditor: Creditor, browser: Browser) -> None:
    make_account(creditor).add_invoice("128")
    browser.get("/c/items?_external=1&_scheme=javascript&endpoint=x&invoice_id=1&q=128")
    assert browser.status == 200
    assert "_external" not in browser.text
    assert "javascript" not in browser.text
