"""Mail scanners, previews and prefetchers: they fetch, and nothing of it counts as a person (A-25, A-30…A-35)."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import db, scope
from portal.core.events import EventRow
from portal.debtors import gate
from portal.debtors.models import LinkTrace, Visit
from portal.web.edge import PortalFlask
from tests.actors import Debtor, forms_of
from tests.factories.world import Account, make_account

SCANNERS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36": None,
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)": "microsoft",
    "Mozilla/5.0 (compatible; bingpreview/2.0b)": "microsoft",
    "WhatsApp/2.23.20.0": "whatsapp",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": "facebook",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": "slack",
    "TelegramBot (like TwitterBot)": "telegram",
    "Barracuda Sentinel (EE)": "scanner",
    "curl/8.5.0": "tool",
    "python-requests/2.32": "tool",
    "Googlebot/2.1": "robot",
    "": None,
}


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


def fetch(app: PortalFlask, path: str, agent: str = "", method: str = "GET", **headers: str) -> Any:
    sent = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    browser = Debtor(app)
    path = path.removeprefix("http://portal.test")
    return browser.client.open(path, method=method, base_url="http://portal.test", headers=sent)


def traces(account: Account) -> list[tuple[str, str | None]]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return [
            tuple(row) for row in session.execute(select(LinkTrace.kind, LinkTrace.client).order_by(LinkTrace.id))
        ]


def test_a_fetch_is_noted_as_a_fetch_with_what_the_client_calls_itself(account: Account, app: PortalFlask) -> None:
    for agent in SCANNERS:
        assert fetch(app, account.link(), agent).status_code == 303
    assert traces(account) == [("fetched", label) for label in SCANNERS.values()]
    assert not [label for label in SCANNERS.values() if label and len(label) > 20]


def test_however_often_scanners_come_nobody_has_opened_it(account: Account, app: PortalFlask) -> None:
    """A-33: the figure "opened by the person" counts passed gates, and there is none."""
    address = account.link()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        before = session.scalars(select(EventRow.id)).all()
    for agent in SCANNERS:
        for method in ("GET", "HEAD", "OPTIONS"):
            fetch(app, address, agent, method)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Visit)).all() == []
        assert session.scalars(select(EventRow.id)).all() == before
        assert "gate.passed" not in session.scalars(select(EventRow.name)).all()
    assert {kind for kind, _ in traces(account)} == {gate.FETCHED}


def test_a_prefetch_gets_the_same_page_and_no_cookie(account: Account, app: PortalFlask) -> None:
    """A-35: what the browser fetches ahead has not been asked for by anybody."""
    for purpose in ("prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"):
        answer = fetch(app, account.link(), Sec_Purpose=purpose)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/gate")
        assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" in fetch(app, account.link()).headers


def test_the_gate_asks_something_that_stands_nowhere_on_it(account: Account, app: PortalFlask) -> None:
    """A-31: no form of the first page goes anywhere without a typed fact, and none sends itself."""
    browser = Debtor(app)
    browser.get(account.link())
    assert "<script" not in browser.text
    assert "http-equiv" not in browser.text.lower()
    (form,) = forms_of(browser.text)
    assert form.fields["fact"] == ""
    assert account.fact not in browser.text
    assert re.search(r'<input[^>]*name="fact"[^>]*type="text"', browser.text)


def test_a_preview_shows_a_generic_title_and_nothing_to_show(account: Account, app: PortalFlask) -> None:
    """A-25: what a chat shows before anybody opened it."""
    browser = Debtor(app)
    for agent in SCANNERS:
        browser.get(account.link(), headers={"User-Agent": agent})
        head = browser.text.split("</head>")[0]
        title = re.search(r"<title>(.*?)</title>", head, re.DOTALL)
        assert title is not None
        for word in ("Rossi", "Bianchi", "128", "pag", "fattura", "debit", "scad", "sollecit"):
            assert word.lower() not in title[1].lower()
            assert word.lower() not in re.sub(r"<(link|title)[^>]*>.*", "", head).lower() or word == "pag"
        assert "og:" not in head
        assert 'name="description"' not in head
        assert 'name="robots" content="noindex' in head


def test_robots_are_sent_away_from_everything(app: PortalFlask) -> None:
    robots = fetch(app, "/robots.txt").get_data(as_text=True)
    assert robots == "User-agent: *\nDisallow: /\n"
