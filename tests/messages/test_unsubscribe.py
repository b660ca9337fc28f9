"""The address in List-Unsubscribe: looking changes nothing, one click stops one kind, nobody can make one (A-36)."""

import re

import pytest
import time_machine

from portal.core import clock, jobs
from portal.doubles.mailbox import Mailbox
from portal.messages import courtesy
from portal.messages.states import MessageStatus
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.messages import cared_for, event_names, message, plan, sent
from tests.factories.world import Account, make_account, make_creditor

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def account(mailbox: Mailbox) -> Account:
    return make_account()


def address(mailbox: Mailbox) -> str:
    found = re.fullmatch(r"<(.+)>", str(mailbox.messages[-1].message["List-Unsubscribe"]))
    assert found
    return found[1].removeprefix("http://portal.test")


def click(app: PortalFlask, path: str, **data: str) -> Browser:
    """As a mail program does: a POST without a cookie, an origin or a form of ours."""
    browser = Browser(app)
    browser.page = browser.client.post(path, data=data or ONE_CLICK, base_url=browser.base_url)
    return browser


def test_one_click_stops_courtesy_and_nothing_else(app: PortalFlask, mailbox: Mailbox, account: Account) -> None:
    cared_for(account)
    answer = click(app, address(mailbox))
    assert answer.status == 200, "a redirect is not followed by mail programs"
    assert answer.page.headers.get("Set-Cookie") is None
    held = message(account, plan(account, "caring"))
    jobs.work_off()
    held = message(account, held.id)
    assert (held.status, held.why) == (MessageStatus.SUPPRESSED, "its reader does not want courtesy messages")
    assert sent(account, "invoice_copy").status is MessageStatus.SENT
    assert event_names(account, "contact")[-1] == "courtesy.stopped"


def test_a_second_click_is_no_second_wish(app: PortalFlask, mailbox: Mailbox, account: Account) -> None:
    cared_for(account)
    click(app, address(mailbox))
    assert click(app, address(mailbox)).status == 200
    assert event_names(account, "contact").count("courtesy.stopped") == 1


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(app: PortalFlask, mailbox: Mailbox, account: Account, method: str) -> None:
    cared_for(account)
    before = event_names(account, "contact")
    answer = getattr(app.test_client(), method)(address(mailbox), base_url="http://portal.test")
    assert answer.status_code == 200
    assert event_names(account, "contact") == before
    assert cared_for(account).status is MessageStatus.SENT


def test_a_person_can_stop_them_and_have_them_again(app: PortalFlask, mailbox: Mailbox, account: Account) -> None:
    cared_for(account)
    path, browser = address(mailbox), Browser(app)
    browser.get(path)
    assert browser.page.headers["Referrer-Policy"] == "no-referrer"
    assert "Rossi Impianti" in browser.text
    assert "bianchi" not in browser.text.lower(), "the address proves nothing: it shows nobody's data"
    assert click(app, path).status == 200
    browser.get(path)
    assert 'value="again"' in browser.text
    assert click(app, path, wish="again").status == 200
    assert event_names(account, "contact")[-1] == "courtesy.resumed"
    assert cared_for(account).status is MessageStatus.SENT
    assert click(app, path).status == 200
    assert event_names(account, "contact")[-1] == "courtesy.stopped"


def test_one_readers_wish_is_not_anothers(app: PortalFlask, mailbox: Mailbox) -> None:
    creditor = make_creditor()
    mine, other = make_account(creditor), make_account(creditor, "0043")
    elsewhere = make_account(make_creditor("verdi"), "0042")
    cared_for(mine)
    click(app, address(mailbox))
    assert cared_for(other).status is MessageStatus.SENT
    assert cared_for(elsewhere).status is MessageStatus.SENT
    assert sent(mine, "caring").status is MessageStatus.SUPPRESSED


def test_only_a_genuine_address_in_its_one_spelling_is_heard(
    app: PortalFlask, mailbox: Mailbox, account: Account
) -> None:
    cared_for(account)
    path = address(mailbox)
    link_token = mailbox.messages[-1].link("/l/").rpartition("/")[2]
    wrong = [path[:-1] + c for c in "ABCD" if not path.endswith(c)]
    for spelling in [*wrong, path + "=", path.lower(), f"/u/{link_token}", "/u/x", "/u/a.b.c"]:
        assert click(app, spelling).status == 404, spelling
    assert "courtesy.stopped" not in event_names(account, "contact")


def test_an_address_is_heard_for_two_years(app: PortalFlask, mailbox: Mailbox, account: Account) -> None:
    cared_for(account)
    path = address(mailbox)
    with time_machine.travel(clock.now().timestamp() + courtesy.VALID_SECONDS + 60):
        assert click(app, path).status == 404
    with time_machine.travel(clock.now().timestamp() + courtesy.VALID_SECONDS - 3600):
        assert click(app, path).status == 200


def test_guessing_is_slowed_down(app: PortalFlask, house: object) -> None:
    statuses = [click(app, f"/u/guess-{number}").status for number in range(25)]
    assert statuses.count(404) == 20
    assert statuses[-1] == 429


def parts(mailbox: Mailbox) -> tuple[str, str]:
    mail = mailbox.messages[-1].message
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def test_the_mail_itself_says_so_at_its_end_and_leads_to_a_page(
    app: PortalFlask, mailbox: Mailbox, account: Account
) -> None:
    """Rule C-50 for people: one quiet line, the last of all, whose address shows a page and does nothing by itself."""
    kept = cared_for(account)
    text, html = parts(mailbox)
    (in_text,) = re.findall(r"http://portal\.test/u/\S+", text)
    (in_html,) = re.findall(r'href="http://portal\.test(/u/[^"]+)"', html)
    assert text.rstrip().endswith(in_text)
    assert html.index(in_html) > html.rindex("/l/"), "behind the one neutral link"
    before = event_names(account, "contact")
    for path in (in_text.removeprefix("http://portal.test"), in_html):
        browser = Browser(app)
        browser.get(path)
        assert browser.status == 200
        assert event_names(account, "contact") == before, "a scanner that opens it stops nothing"
    browser.post(in_html, {})
    assert event_names(account, "contact")[-1] == "courtesy.stopped"
    for body in (kept.text_body, kept.html_body):
        assert body is not None
        assert body.count("{unsubscribe}") == 1
        assert "/u/" not in body, "the address is kept nowhere"


def test_what_was_asked_for_has_no_such_line(mailbox: Mailbox, account: Account) -> None:
    kept = sent(account, "invoice_copy")
    assert "/u/" not in "".join(parts(mailbox))
    assert "{unsubscribe}" not in f"{kept.text_body}{kept.html_body}"
