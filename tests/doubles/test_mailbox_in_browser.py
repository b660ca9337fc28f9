"""A mail in a real browser: its link opens in the window, its script and its far pictures do nothing."""

import shutil
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, sync_playwright

from portal.doubles.mailbox import Mailbox
from portal.doubles.serving import LoopbackServer

pytestmark = pytest.mark.browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.mark.parametrize("attribute", ["", ' target="_blank"'])
def test_a_link_in_a_mail_leaves_the_frame_and_nothing_else_happens(browser, attribute):
    asked_for: list[str] = []

    def outside(environ, start_response):
        asked_for.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<!doctype html><title>Outside</title><h1>Arrived</h1>"]

    with LoopbackServer(outside) as world, Mailbox() as mailbox:
        message = EmailMessage()
        message["Subject"] = "Un documento"
        message.set_content("text")
        message.add_alternative(
            f'<p><a href="{world.url}/l/token"{attribute}>Apri</a><img src="{world.url}/pixel" alt="">'
            f'<script>new Image().src="{world.url}/script"</script>',
            subtype="html",
        )
        with smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=20) as client:
            client.send_message(message, "a@example.org", ["b@example.org"])
        context = browser.new_context()
        page = context.new_page()
        page.goto(mailbox.url)
        page.get_by_role("link", name="Un documento").click()
        link = page.frame_locator("iframe").get_by_role("link", name="Apri")
        if "_blank" in attribute:
            with context.expect_page() as opened:
                link.click()
            opened.value.get_by_role("heading", name="Arrived").wait_for()
        else:
            link.click()
            page.wait_for_url(f"{world.url}/l/token")
            page.get_by_role("heading", name="Arrived").wait_for()
        context.close()
    assert "/pixel" not in asked_for
    assert "/script" not in asked_for
