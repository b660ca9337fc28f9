"""What every answer carries, whoever asked and however it ended (rules A-21, A-23, A-24, R3)."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from portal.core.link_addresses import QR
from portal.payments import methods
from portal.settings import Settings
from portal.web.edge import PortalFlask
from portal.web.gates import open_blueprint
from portal.wiring import create_app
from tests.actors import Browser, Debtor
from tests.databases import Prepared
from tests.factories.world import make_account
from tests.security.test_get_changes_nothing import Everybody

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self' https://checkout.stripe.com; frame-ancestors 'none'; base-uri 'none'"
)
MAIL = "/c/messages/"
FILES = "/files/"
STRICT = "max-age=63072000; includeSubDomains"


@pytest.fixture
def app(own_app: PortalFlask) -> PortalFlask:
    return own_app


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about pages, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


@pytest.fixture
def everybody(app: PortalFlask) -> Everybody:
    return Everybody(app)


def check(answer: Any, where: str, *, is_static: bool = False, is_brand: bool = False) -> None:
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    if MAIL in where and policy != POLICY:  # staff look at a mail as it was sent, in a frame of its own
        assert "default-src 'none'" in policy, where
        assert "unsafe-eval" not in policy
        assert not re.search(r"script-src[^;]*unsafe", policy)
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, where
    is_file = FILES in where and answer.headers.get("Content-Disposition", "").startswith("attachment")
    if is_file:  # what a customer sent runs and shows nothing, wherever it is opened
        assert policy == "default-src 'none'; sandbox; frame-ancestors 'none'", where
    said = {
        "Content-Security-Policy": policy if MAIL in where or is_file else POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    assert {name: headers.get(name) for name in said} == said, where
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, where
    assert len(headers.getlist("Content-Security-Policy")) == 1
    assert "Server" not in headers
    assert "X-Powered-By" not in headers
    if is_static or (is_brand and answer.status_code == 200):
        return
    assert headers["Cache-Control"] == "no-store", where
    assert "Cookie" in headers["Vary"], where
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive", where


def test_every_answer_of_every_page_to_everybody_is_dressed(everybody: Everybody) -> None:
    seen = set()
    for path in everybody.paths():
        for browser in everybody.browsers:
            for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
                answer = browser.client.open(path, method=method, base_url="http://portal.test")
                answer.get_data()
                seen.add(answer.status_code)
                check(answer, f"{method} {path}", is_static="/static/" in path, is_brand=path.startswith("/brand/"))
                answer.close()
    assert {200, 303, 400, 404, 403, 405} <= seen


def test_bad_ends_are_dressed_too(app: PortalFlask) -> None:
    blueprint = open_blueprint("tests_headers", __name__, why="a test's own")
    blueprint.add_url_rule("/tests/bug", "bug", lambda: 1 // 0)
    app.register_blueprint(blueprint)
    client = app.test_client()
    ends = {
        500: client.get("/tests/bug", base_url="http://portal.test"),
        404: client.get("/nowhere", base_url="http://portal.test"),
        405: client.delete("/gate", base_url="http://portal.test"),
        400: client.post("/gate", base_url="http://portal.test"),
        413: client.post("/gate", data="x" * 2_000_000, base_url="http://portal.test"),
    }
    for number in range(21):
        ends[429] = client.get(f"/l/{number:032}", base_url="http://portal.test")
    for status, answer in ends.items():
        assert answer.status_code == status
        check(answer, str(status))
    forged = client.get("/gate", headers={"Host": "evil.example"})
    assert forged.status_code == 400
    assert forged.headers["Content-Security-Policy"] == POLICY


def test_the_address_with_the_token_travels_nowhere(app: PortalFlask) -> None:
    """A-21: no-referrer where a token stands in the address, and only there: forms need it (finding 6)."""
    account = make_account()
    invoice = account.add_invoice()
    address, code = account.link(), account.link(invoice_id=invoice, purpose=QR)
    browser = Debtor(app)
    browser.enter(address, account.fact)
    for path in (address, code.removeprefix("HTTP://PORTAL.TEST"), "/l/" + "A" * 32, "/q/x", "/u/x", address):
        assert Debtor(app).get(path, follow=False).headers["Referrer-Policy"] == "no-referrer", path
        assert browser.get(path, follow=False).headers["Referrer-Policy"] == "no-referrer", path
    for path in ("/gate", "/d/", "/d/help", "/genuine", "/nowhere"):
        assert Debtor(app).get(path).headers["Referrer-Policy"] == "same-origin"


def test_over_https_browsers_are_told_to_stay_there(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://paga.example"))
    browser = Browser(app, "https://paga.example")
    for path in ("/gate", "/genuine", "/nowhere", "/static/portal.css", "/l/x"):
        with browser.client.get(path, base_url=browser.base_url) as answer:
            assert answer.headers["Strict-Transport-Security"] == STRICT
    plain = Debtor(create_app(settings)).get("/gate")
    assert "Strict-Transport-Security" not in plain.headers


def test_over_https_a_form_from_elsewhere_is_refused_and_our_own_is_not(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://paga.example"))
    account = make_account()
    browser = Debtor(app, "https://paga.example")
    browser.get(account.link())
    data = {"csrf_token": browser.csrf(), "fact": account.fact}
    for referrer in (None, "https://evil.example/", "http://paga.example/gate", "https://paga.example.evil.example/"):
        headers = {"Referer": referrer} if referrer else {}
        answer = browser.client.post("/gate", data=data, base_url=browser.base_url, headers=headers)
        assert answer.status_code == 400, referrer
    assert browser.post("/gate", data, follow=False).status_code == 303


def test_only_the_payment_page_of_an_enabled_method_may_take_a_form(settings: Settings) -> None:
    app = create_app(replace(settings, checkout_origins=("http://127.0.0.1:4242",)))
    policy = Debtor(app).get("/gate").headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:4242 https://checkout.stripe.com;" in policy


class _Sources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        for name in ("src", "href", "action", "srcset", "poster", "data", "formaction", "ping", "background"):
            value = found.get(name, "")
            if re.match(r"(?i)\s*(https?:)?//", value) or value.lower().startswith(("javascript:", "vbscript:")):
                self.outside.append(f"<{tag} {name}={value}>")
        self.inline += [f"<{tag} {name}>" for name in found if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and not found.get("src", "").startswith("/static/")):
            self.inline.append(f"<{tag}>")
        if tag in {"iframe", "object", "embed", "base", "frame"} or "http-equiv" in found:
            self.inline.append(f"<{tag}>")


def test_no_page_loads_or_runs_anything_from_elsewhere(everybody: Everybody) -> None:
    """A-23, C-25: nothing of a third party, nothing inline; so the policy costs no page anything."""
    pages = 0
    for path in everybody.paths():
        for browser in everybody.browsers:
            answer = browser.client.get(path, base_url="http://portal.test")
            if answer.content_type.startswith("text/html") and MAIL not in path:
                parser = _Sources()
                parser.feed(answer.get_data(as_text=True))
                assert parser.outside == [], (path, parser.outside)
                assert parser.inline == [], (path, parser.inline)
                pages += 1
            answer.close()
    assert pages > 60


def test_a_static_file_is_kept_and_said_to_be_what_it_is(app: PortalFlask) -> None:
    with app.test_client().get("/static/portal.css?v=x", base_url="http://portal.test") as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content_type.startswith("text/css")
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers


def test_where_forms_may_lead_is_what_the_payment_methods_declare(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(methods.online("stripe")), "origins", ("https://pay.example",))
    policy = Debtor(create_app(settings)).get("/gate").headers["Content-Security-Policy"]
    assert "form-action 'self' https://pay.example;" in policy
