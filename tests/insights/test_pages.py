"""The page of figures: what it says, its rows, its files, and what one types into its address."""

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook

from portal.core import clock, db, ids, scope
from portal.insights import kpis
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger.accounts import BANK
from portal.ledger.actions import Source
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

PAGE = "/c/figures"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), tick=False) as clocks:
        yield clocks


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("1/2026", "100.00", due_in=-40)
    made.add_invoice("2/2026", "50.00", due_in=10)
    return made


def opened(app: PortalFlask, account: Account, path: str = PAGE, role: Role = Role.MANAGER) -> Any:
    browser = signed_in(app, account.creditor_id, role)
    browser.get(path)
    return browser


def test_it_says_what_is_open_and_how_each_figure_comes_about(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    assert browser.status == 200
    assert "€150.00" in browser.text
    assert "open in all ÷ sales of the period × days of the period" in browser.text
    assert "31 to 60 days" in browser.text
    assert "too few to say" in browser.text, "nothing is shown of fewer than thirty"


def test_a_step_opens_its_rows_and_only_those(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account, f"{PAGE}/open?step=31-60&as_of=2026-11-23&currency=EUR")
    assert "1/2026" in browser.text
    assert "2/2026" not in browser.text
    browser.get(f"{PAGE}/open?step=not_due")
    assert "2/2026" in browser.text
    browser.get(f"{PAGE}/open?step=%3E120")
    assert "Nothing here" in browser.text
    browser.get(f"{PAGE}/open?step=nonsense")
    assert browser.status == 404


def test_what_is_open_and_what_is_late_lead_to_their_rows(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    page = browser.text
    assert 'href="/c/figures/open?as_of=2026-11-23&amp;currency=EUR"' in page
    assert 'href="/c/figures/open?step=late&amp;as_of=2026-11-23&amp;currency=EUR"' in page
    browser.get(f"{PAGE}/open")
    assert "1/2026" in browser.text
    assert "2/2026" in browser.text
    browser.get(f"{PAGE}/open?step=late")
    assert "1/2026" in browser.text
    assert "2/2026" not in browser.text


@pytest.mark.parametrize("step", kpis.BUCKETS)
def test_rows_sum_up_to_their_step(app: PortalFlask, account: Account, step: str) -> None:
    for n, late in enumerate((0, 1, 2, 3, 29, 30, 31, 32, 33, 59, 60, 61, 90, 91, 120, 121, 125, 200)):
        account.add_invoice(f"s{n}", "10.00", due_in=-late)
    browser = opened(app, account)
    page = browser.text
    browser.get(f"{PAGE}/open?step={step.replace('>', '%3E')}")
    rows = browser.text.count("€10.00") + browser.text.count("€100.00") + browser.text.count("€50.00")
    counts = [
        line for line in page.split("<tr") if f"step={step.replace('>', '%3E')}&amp;as_of" in line and "<svg" in line
    ]
    assert len(counts) == 1
    assert f">{rows}<" in counts[0] or f"<span>{rows}</span>" in counts[0], counts[0]


def test_whatever_is_typed_into_the_address_answers(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    for query in (
        "as_of=never",
        "as_of=1000-01-01",
        "as_of=9999-12-31",
        "currency=XXX",
        "rate0=٥",
        "rate1=1e5",
        "rate5=101",
    ):
        browser.get(f"{PAGE}?{query}")
        assert browser.status == 200, query
    browser.get(f"{PAGE}?rate2=100")
    assert "€" in browser.text


def test_as_files_for_who_may_take_data_out(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    browser.get(f"{PAGE}.csv?as_of=2026-11-23")
    assert browser.status == 200
    assert browser.text.startswith("\ufefffigure;value;items;formula")
    assert "open;150.00" in browser.text
    browser.get(f"{PAGE}.xlsx?as_of=2026-11-23")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(browser.page.data)).get_sheet_by_index(0).to_python()
    assert rows[1][:2] == ["as_of", "2026-11-23"]
    assert opened(app, account, f"{PAGE}.csv", Role.VIEWER).status == 403


def test_another_creditors_figures_are_their_own(app: PortalFlask, account: Account) -> None:
    other = make_account(make_creditor("verdi"))
    browser = opened(app, other)
    assert browser.status == 200
    assert "€150.00" not in browser.text


def test_what_came_in_stands_beside_how_it_felt(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    assert "How it felt" in browser.text
    assert "Not enough answers yet: fewer than 10" in browser.text
    assert "Complaints about our mails in a year: 0." in browser.text


def test_what_was_sold_and_cashed_leads_to_the_postings_that_make_it_up(app: PortalFlask, account: Account) -> None:
    """The rows add up to the tile, in the same month and currency; what went back stands with a minus."""
    account.add_invoice("S/1", "80.00", issued_days_ago=1)
    franc = account.add_invoice("F/1", "30.00", currency="CHF", issued_days_ago=1)
    item_id = account.item_ids(account.add_invoice("S/2", "20.00", issued_days_ago=1))[0]

    def pay() -> None:
        item = invoice_queries.items([item_id])[0]
        source = Source("test", ids.new_id())
        invoices.settle_item(item, item.open, account=BANK, kind="payment", source=source, value_on=clock.today())

    with db.transaction():
        scope.enter(account.creditor_id)
        pay()
    assert franc
    browser = opened(app, account)
    tiles = dict(re.findall(r"<span>(Sold|Cashed)</span><b[^>]*>(€[\d.,]+)</b>", browser.text))
    for name in ("sold", "cashed"):
        page = browser.get(f"{PAGE}/{name}").get_data(as_text=True)
        amounts = re.findall(r'class="number"[^>]*><span>(-?€[\d.,]+)</span>', page)
        whole = sum(float(one.replace("€", "").replace(",", "")) for one in amounts)
        assert f"{whole:.2f}" == tiles[name.capitalize()].replace("€", "").replace(",", ""), name
        assert "F/1" not in page
    assert "S/2" in page
    assert "S/1" not in page
    browser.get(f"{PAGE}/sold?currency=CHF")
    assert "F/1" in browser.text
    browser.get(f"{PAGE}/sold?as_of=2001-01-31")
    assert "Nothing was booked in that month." in browser.text
