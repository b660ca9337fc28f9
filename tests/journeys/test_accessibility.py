"""axe on every page a debtor or a clerk can open, in both languages (rule C-35, issue 2 §11)."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from portal.core import db, scope
from portal.people import actions as people
from tests.factories.people import PASSWORD, make_person
from tests.factories.world import Account, make_account
from tests.journeys.stage import Stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("prepared", ["sqlite"], indirect=True),  # pages look alike on both engines
]
SERIOUS = {"serious", "critical"}


def findings(page: Page) -> list[str]:
    try:
        answer = Axe().run(page).response
    except Error:  # a page that looks again by itself did so under our eyes
        page.wait_for_load_state()
        answer = Axe().run(page).response
    return [f"{page.url}: {one['id']} {one['help']}" for one in answer["violations"] if one["impact"] in SERIOUS]


def links_on(page: Page, prefix: str) -> set[str]:
    found = {a.get_attribute("href") or "" for a in page.query_selector_all("a")}
    skip = (".pdf", "/original", ".csv", ".svg", "/samples/", "/language/", "/html", "code.svg")
    return {href for href in found if href.startswith(prefix) and not any(part in href for part in skip)}


def walk(page: Page, base: str, first: str, prefix: str, most: int = 40) -> list[str]:
    """Opens `first` and every page under `prefix` that can be reached from it; what axe finds on each."""
    waiting, seen, found = [first], set(), []
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        bare = path.split("?")[0]
        if bare in seen:
            continue
        seen.add(bare)
        answer = page.goto(base + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        found += findings(page)
        waiting += sorted(links_on(page, prefix))
    assert len(seen) > 4, seen
    return found


def lived_in(stage: Stage) -> Account:
    account = make_account(stage.creditor)
    account.add_invoice("1/2026", "100.00", due_in=8)
    account.add_invoice("2/2026", "250.50", due_in=-20, parts=2)
    account.add_invoice("3/2026", "90.00", due_in=5, currency="CHF")
    return account


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_debtor_pages(stage: Stage, chrome: Browser, language: str, scheme: str) -> None:
    account = lived_in(stage)
    context = chrome.new_context(viewport={"width": 360, "height": 640}, locale=language, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{stage.base_url}/language/{language}")
    found = []
    page.goto(account.link())
    for path in ("/gate", "/gate/not-me", "/genuine", "/privacy", "/gate/new-link"):
        page.goto(stage.base_url + path)
        found += findings(page)
    page.goto(f"{stage.base_url}/gate")
    page.click("main form button")
    found += findings(page)  # the gate with its error
    page.fill("#fact", account.fact)
    page.click("main form button")
    found += walk(page, stage.base_url, "/d/", "/d/")
    page.goto(f"{stage.base_url}/d/help")
    page.fill("textarea", "Perché la fattura è così alta?")
    page.click("main form button")
    found += findings(page)
    page.goto(f"{stage.base_url}/nothing/here")
    found += findings(page)
    assert page.locator("html").get_attribute("lang") == language
    context.close()
    assert found == []


@pytest.mark.parametrize("language", ["it", "en"])
def test_staff_pages(stage: Stage, chrome: Browser, language: str) -> None:
    account = lived_in(stage)
    assert account.invoice_ids
    with db.transaction():
        scope.enter(stage.creditor.id)
        people.add_person("giulia@rossi.example", "Giulia", language)
    giulia = make_person(stage.creditor, email="giulia@rossi.example")
    context = chrome.new_context(viewport={"width": 1280, "height": 800}, locale=language)
    page = context.new_page()
    page.goto(f"{stage.base_url}/c/login")
    found = findings(page)
    page.fill("[name=email]", "giulia@rossi.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    found += findings(page)
    page.fill("[name=code]", giulia.code())
    page.click("main form button")
    found += walk(page, stage.base_url, "/c/", "/c/")
    page.set_viewport_size({"width": 360, "height": 640})
    for path in ("/c/", "/c/items", "/c/debtors", "/api/v1/docs"):
        page.goto(stage.base_url + path)
        found += findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    context.close()
    assert found == []
