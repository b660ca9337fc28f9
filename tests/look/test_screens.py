"""The samples in a real browser under the real content policy: axe, targets, 320 px, keys, copying, no script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import need
from tests.look import preview

pytestmark = pytest.mark.browser
SOME = ("gate", "gate-wrong", "home", "receipt-wrong", "done", "transfer", "not-paid", "staff-today", "staff-preview")
# Who is asking, for what, how much is open, what can I do, whom can I reach (look.md).
FIVE_ANSWERS = (".brand", ".card h2", ".card .big", ".actions li:first-child .action", ".reach a")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(None if preview.chromium() else "no Chromium on this machine")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=preview.chromium(), args=preview.FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("look") / "site"
    preview.write_pages(folder)
    with preview.served(folder) as base:
        yield base


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 640})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", SOME)
def test_phone_and_desk_find_no_fault(browser: Browser, site: str, name: str) -> None:
    debtor = not name.startswith("staff")
    for size, (width, height) in preview.SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            said: list[str] = []
            page.on("console", preview.listen(said))
            page.goto(f"{site}/{name}.html")
            assert preview.look_at(page, name, debtor and size == "phone", f"{size} {scheme}") == []
            assert said == []
            context.close()


@pytest.mark.parametrize("name", SOME)
def test_page_folds_to_320_pixels(phone: Page, site: str, name: str) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.goto(f"{site}/{name}.html")
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_first_screen_answers_five_questions(phone: Page, site: str) -> None:
    phone.goto(f"{site}/home.html")
    for selector in FIVE_ANSWERS:
        box = phone.locator(selector).first.bounding_box()
        assert box is not None, selector
        assert box["y"] + box["height"] <= 640, selector


def test_gate_fits_the_first_screen(phone: Page, site: str) -> None:
    phone.goto(f"{site}/gate.html")
    box = phone.locator("form .button").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 640


def test_error_summary_takes_the_focus_without_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/gate-wrong.html")
    assert page.locator(".errors:focus").count() == 1
    context.close()


def test_follow_up_opens_with_its_answer_without_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/receipt.html")
    assert not page.locator("#words").is_visible()
    page.locator("input[value=wrong]").check()
    assert page.locator("#words").is_visible()
    assert not page.locator("#pay_on").is_visible()
    context.close()


def test_iban_is_copied_without_blanks_by_hand_and_by_button(browser: Browser, site: str) -> None:
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    page = context.new_page()
    page.goto(f"{site}/transfer.html")
    by_hand = "getSelection().selectAllChildren(document.querySelectorAll('.value')[1]), getSelection().toString()"
    assert page.evaluate(by_hand) == "IT60X0542811101000000123456"
    page.locator(".copy:nth-of-type(2) button").click()
    page.wait_for_function("document.getElementById('said').textContent !== ''")
    assert page.evaluate("navigator.clipboard.readText()") == "IT60X0542811101000000123456"
    context.close()


def test_copy_buttons_are_not_there_without_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/transfer.html")
    assert page.locator(".copy button").count() == 4
    assert not any(button.is_visible() for button in page.locator(".copy button").all())
    context.close()


def test_keys_move_over_rows_and_can_be_turned_off(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/staff-due.html")
    rows = page.locator("a[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert rows.nth(1).evaluate("row => row === document.activeElement")
    page.keyboard.press("k")
    assert rows.nth(0).evaluate("row => row === document.activeElement")
    page.keyboard.press("/")
    assert page.locator("#f-q").evaluate("field => field === document.activeElement")
    page.locator("[data-keys]").click()
    page.keyboard.press("j")
    assert page.locator("[data-keys]").evaluate("button => button === document.activeElement")
    context.close()


def test_menu_opens_on_a_phone_without_script(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/staff-due.html")
    assert not page.locator("#menu").is_visible()
    page.locator(".menu-button").click()
    assert page.locator("#menu").is_visible()
    context.close()
