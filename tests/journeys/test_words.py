"""A creditor's own words, tried on three customers while they are typed (issue 7, words)."""

import pytest
from playwright.sync_api import Page, expect

from portal.people.roles import Role
from tests.factories.people import make_person
from tests.journeys.both_sides import Story

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("prepared", ["sqlite"], indirect=True),
    pytest.mark.parametrize("open_phone", ["script on"], indirect=True),  # without script the button does the same
]
WORDS = "reminder_gentle-email-business-it"


def test_what_is_typed_is_read_at_once_as_a_customer_would(story: Story) -> None:
    page: Page = story.signed_in(make_person(story.stage.creditor, Role.ADMIN, "capo@rossi.example"))
    page.goto(f"{story.stage.base_url}/c/settings/texts/{WORDS}")
    body = page.locator("textarea").first
    previews, checks = page.locator("#previews"), page.locator("#checks")
    page.fill("#subject", "Ci sentiamo? {creditor}")
    expect(previews).to_contain_text("ogni parte", timeout=10_000)
    page.fill("#preheader", "Basta un minuto.")
    body.press_sequentially("da noi c'è ancora {documents}. Le va bene così?")
    expect(previews).to_contain_text("Le va bene così?", timeout=10_000)
    expect(checks).not_to_contain_text("tribunale")
    body.press_sequentially(" Altrimenti la portiamo in tribunale.")
    expect(checks).to_contain_text("tribunale", timeout=10_000)
    expect(body).to_have_value("da noi c'è ancora {documents}. Le va bene così? Altrimenti la portiamo in tribunale.")
    page.reload()
    expect(page.locator("#previews")).not_to_contain_text("Le va bene così?")  # nothing was kept
    story.fits(page)
