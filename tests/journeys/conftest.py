"""A browser as a debtor has one: a phone 360 wide, with script and without."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import need
from tests.databases import Prepared
from tests.journeys.both_sides import Story, next_tuesday
from tests.journeys.stage import Stage, chromium, staged, why_no_browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    need(why_no_browser())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def stage(prepared: Prepared, keys_file: Path, tmp_path: Path) -> Iterator[Stage]:
    with staged(prepared, keys_file, tmp_path) as made:
        yield made


@pytest.fixture(params=["script on", "script off"])
def open_phone(request: pytest.FixtureRequest, chrome: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Opens browsers of 360 × 640 in Italian, each somebody's own; whatever they log as an error fails the test."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def opened() -> BrowserContext:
        context = chrome.new_context(
            viewport={"width": 360, "height": 640}, locale="it-IT", java_script_enabled=request.param == "script on"
        )
        context.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()
    wanted = [trouble for trouble in troubles if "the server responded with a status of 4" not in trouble]
    assert wanted == []


@pytest.fixture
def phone(open_phone: Callable[[], BrowserContext]) -> Page:
    """A page of the customer's."""
    return open_phone().new_page()


@pytest.fixture
def days() -> Iterator[time_machine.Traveller]:
    """The portal's clock: a working morning, moved by the story."""
    with time_machine.travel(next_tuesday(), tick=True) as traveller:
        yield traveller


@pytest.fixture
def story(
    days: time_machine.Traveller, stage: Stage, phone: Page, open_phone: Callable[[], BrowserContext], tmp_path: Path
) -> Story:
    """A customer with a late invoice, their phone, and the creditor's people."""
    assert days
    return Story.begins(stage, phone, open_phone, tmp_path)
