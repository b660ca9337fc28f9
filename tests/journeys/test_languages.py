"""The debtor's pages in every language on the smallest telephone: nothing is cut, nothing is in another language."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from portal.web import i18n
from tests.journeys.stage import Stage
from tests.journeys.test_accessibility import links_on, lived_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("prepared", ["sqlite"], indirect=True),
]
WIDTH = 320
BEFORE = ("/gate", "/gate/not-me", "/gate/new-link", "/genuine", "/privacy")


@pytest.mark.parametrize("language", i18n.languages())
def test_every_page_fits_the_smallest_telephone(stage: Stage, chrome: Browser, language: str) -> None:
    account = lived_in(stage)
    context = chrome.new_context(viewport={"width": WIDTH, "height": 640}, locale=language)
    page = context.new_page()
    page.goto(f"{stage.base_url}/language/{language}")
    page.goto(account.link())
    seen = [_look(page, stage.base_url + path, language) for path in BEFORE]
    page.goto(f"{stage.base_url}/gate")
    page.click("main form button")
    seen.append(_fits(page, language))  # the gate with its error
    page.fill("#fact", account.fact)
    page.click("main form button")
    waiting, opened = ["/d/"], set()
    while waiting and len(opened) < 30:
        path = waiting.pop(0)
        if path.split("?")[0] in opened:
            continue
        opened.add(path.split("?")[0])
        seen.append(_look(page, stage.base_url + path, language))
        waiting += sorted(links_on(page, "/d/"))
    context.close()
    assert len(opened) >= 10, opened
    assert [one for one in seen if one] == []


def _look(page: Page, url: str, language: str) -> str:
    page.goto(url)
    return _fits(page, language)


def _fits(page: Page, language: str) -> str:
    """What is wrong with the page, or nothing."""
    if folder := os.environ.get("PORTAL_SCREENSHOTS"):  # to look at them
        name = re.sub(r"\W+", "-", page.url.split("/", 3)[3]) or "home"
        page.screenshot(path=Path(folder) / f"{name[:40]}.{language}.png", full_page=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    spoken = page.locator("html").get_attribute("lang")
    return "" if (width, spoken) == (WIDTH, language) else f"{page.url}: {width} px, in {spoken}"
