"""A dispute from both sides in a real browser: contested on a phone with a photo, closed in part, told, the rest paid."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.evidence import photo
from tests.factories.people import PASSWORD, make_person
from tests.factories.world import make_account
from tests.journeys.stage import Stage
from tests.journeys.test_journeys import fits, pass_gate

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def signed_in(stage: Stage, chrome: Browser) -> Page:
    person = make_person(stage.creditor, email="giulia@rossi.example")
    page = chrome.new_context(viewport={"width": 1280, "height": 800}, locale="it-IT").new_page()
    page.goto(f"{stage.base_url}/c/login")
    page.fill("[name=email]", "giulia@rossi.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.fill("[name=code]", person.code())
    page.click("main form button")
    page.wait_for_url("**/c/")
    return page


def test_something_is_wrong_from_both_sides(stage: Stage, phone: Page, chrome: Browser, tmp_path: Path) -> None:
    account = make_account(stage.creditor, email="maria@bianchi.example")
    account.add_invoice("55/2026", "250.00", due_in=-3)
    (tmp_path / "foto.jpg").write_bytes(photo())
    phone.goto(account.link())
    pass_gate(phone, account.fact)
    phone.click("[name=reason][value=contest]")
    expect(phone.locator("h1")).to_contain_text("non va")
    fits(phone)
    phone.select_option("#reason", "quantity")
    phone.check("input[name=about][value=amount]")
    phone.fill("#amount", "50,00")
    phone.fill("#words", "Mancano due ore")
    phone.set_input_files("#photo", str(tmp_path / "foto.jpg"))
    phone.click("main form[action$='/dispute'] button")
    phone.wait_for_url("**/d/cases/**")
    fits(phone)
    page = phone.url
    expect(phone.locator("main")).to_contain_text("200,00")
    (mail,) = stage.mailbox.wait_for(to="maria@bianchi.example", timeout=20)
    assert mail.subject
    assert stage.erp.wait_for("dispute.raised", timeout=20)[0].data["amount_minor"] == 5000

    staff = signed_in(stage, chrome)
    staff.goto(page.replace("/d/", "/c/"))
    staff.click("summary:has-text('Chiud')")
    staff.check("input[name=outcome][value=partially_upheld]")
    staff.fill("#upheld", "20,00")
    staff.check("input[name=credit][value=here]")
    staff.fill("#verdict", "Una delle due ore mancava.")
    staff.click("form[action$='/close'] button")
    expect(staff.locator("main")).to_contain_text("20,00")
    staff.context.close()

    assert stage.erp.wait_for("dispute.closed", timeout=20)[0].data["credited_minor"] == 2000
    assert len(stage.mailbox.wait_for(to="maria@bianchi.example", count=2, timeout=20)) == 2
    phone.goto(page)
    expect(phone.locator("main")).to_contain_text("Una delle due ore mancava.")
    expect(phone.locator("main")).to_contain_text("230,00")
    fits(phone)
