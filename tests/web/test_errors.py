"""Every bad end is a page: in the reader's language, with a person to reach, without a word about the inside."""

import logging
from typing import Any

import pytest
from flask import abort
from sqlalchemy.exc import OperationalError

from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.web.edge import PortalFlask
from portal.web.gates import debtor_blueprint, open_blueprint
from tests.actors import Debtor
from tests.databases import Prepared
from tests.factories.world import make_account

STATUSES = (400, 401, 403, 404, 405, 409, 413, 415, 418, 422, 429, 500, 502, 503)
INSIDE = (
    "Traceback",
    "sqlalchemy",
    "werkzeug",
    "/portal/",
    "SELECT",
    "psycopg",
    "sqlite3",
    "ZeroDivision",
    "secret words",
)


@pytest.fixture
def app(own_app: PortalFlask) -> PortalFlask:
    return own_app


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about pages, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


@pytest.fixture
def broken(app: PortalFlask) -> PortalFlask:
    """An application with views that end badly, before and behind the gate."""
    for make, prefix in ((open_blueprint, ""), (debtor_blueprint, "/d")):
        extra: dict[str, Any] = {"why": "a test's own"} if make is open_blueprint else {}
        blueprint = make(f"tests_errors{prefix[1:]}", __name__, url_prefix=f"{prefix}/tests", **extra)
        blueprint.add_url_rule("/abort/<int:status>", "abort", _abort)
        blueprint.add_url_rule("/bug/<token>", "bug", _bug)
        blueprint.add_url_rule("/database", "database", _database)
        blueprint.add_url_rule("/no", "no", _no)
        app.register_blueprint(blueprint)
    return app


def _abort(status: int) -> str:
    abort(status)


def _bug(token: str) -> str:
    raise ZeroDivisionError(f"secret words {token}")


def _database() -> str:
    raise OperationalError("SELECT secret words", {}, Exception("connection to db.internal refused"))


def _no() -> str:
    raise NotAllowedNow(t("Invoice %(number)s is closed", number="<b>128</b>"))


def test_every_status_is_a_page_in_the_readers_language_with_somebody_to_reach(broken: PortalFlask) -> None:
    browser = Debtor(broken)
    for language in ("it", "en"):
        browser.get(f"/language/{language}")
        for status in STATUSES:
            browser.get(f"/tests/abort/{status}")
            assert browser.status == status
            assert f'<html lang="{language}">' in browser.text
            assert "tel:+39051000000" in browser.text
            assert not [word for word in INSIDE if word in browser.text]
            assert browser.page is not None
            assert browser.page.content_type == "text/html; charset=utf-8"


def test_behind_the_gate_an_error_leads_back_and_ends_no_visit(broken: PortalFlask) -> None:
    account = make_account()
    browser = Debtor(broken)
    browser.enter(account.link(), account.fact)
    for status in STATUSES:
        browser.get(f"/d/tests/abort/{status}")
        assert browser.status == status
        assert 'href="/d/"' in browser.text
        assert "Bianchi" not in browser.text
    assert browser.get("/d/").status_code == 200


def test_a_bug_says_nothing_on_the_page_and_no_address_in_the_log(
    broken: PortalFlask, caplog: pytest.LogCaptureFixture
) -> None:
    """A-20: an address may hold a token; the log has the endpoint and the number that the page shows."""
    with caplog.at_level(logging.DEBUG):
        answer = Debtor(broken).get("/tests/bug/TOKENTOKEN")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in page
    assert not [word for word in (*INSIDE, "TOKENTOKEN") if word in page]
    records = [record for record in caplog.records if record.name == "portal.web.errors"]
    assert len(records) == 1, [(r.getMessage(), r.__dict__) for r in records]
    (record,) = records
    assert record.__dict__["endpoint"] == "tests_errors.bug"
    assert record.__dict__["request"] == answer.headers["X-Request-Id"]
    assert "TOKENTOKEN" not in record.getMessage()


def test_a_database_that_is_away_says_nothing_of_itself(broken: PortalFlask) -> None:
    answer = Debtor(broken).get("/tests/database")
    assert answer.status_code == 500
    assert "db.internal" not in answer.get_data(as_text=True)
    assert not [word for word in INSIDE if word in answer.get_data(as_text=True)]


def test_a_reason_is_shown_and_never_as_markup(broken: PortalFlask) -> None:
    answer = Debtor(broken).get("/tests/no")
    assert answer.status_code == 409
    assert "&lt;b&gt;128&lt;/b&gt;" in answer.get_data(as_text=True)
    assert "<b>128</b>" not in answer.get_data(as_text=True)


def test_what_is_not_there_has_no_number_and_everything_else_has(broken: PortalFlask) -> None:
    for status in STATUSES:
        answer = Debtor(broken).get(f"/tests/abort/{status}")
        shown = answer.headers["X-Request-Id"] in answer.get_data(as_text=True)
        assert shown is (status != 404)


def test_a_wrong_method_says_which_are_right(app: PortalFlask) -> None:
    client = app.test_client()
    for path, method, right in (
        ("/gate", "DELETE", {"GET", "POST"}),
        ("/genuine", "POST", {"GET"}),
        ("/d/leave", "GET", {"POST"}),
    ):
        answer = client.open(path, method=method, base_url="http://portal.test")
        assert answer.status_code == 405
        assert right <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_a_form_without_its_number_is_told_to_open_the_page_again(app: PortalFlask) -> None:
    account = make_account()
    browser = Debtor(app)
    browser.get("/language/en")
    browser.enter(account.link(), account.fact)
    for token in ("", "x", "x" * 5000, browser.csrf()[:-1]):
        browser.post("/d/help", {"csrf_token": token, "command_id": "12345678", "question": "?"})
        assert browser.status == 400
        assert "Please open it again" in browser.text


STRANGE = (
    "/nowhere", "/d", "/l/", "/l", "/q/", "/D/", "/GATE", "/gate/", "/%", "/%00", "/%ff%fe", "/..",
    "/d/../c/", "/c/nowhere", "/" + "a/" * 500,
)  # fmt: skip


def test_no_address_is_an_error_of_ours(app: PortalFlask) -> None:
    for path in STRANGE:
        assert Debtor(app).get(path).status_code in {200, 403, 404}, path


def test_how_to_check_that_it_is_genuine_stands_on_a_page_that_is_not_there(debtor: Debtor) -> None:
    """Before the gate and inside a visit, with the same bytes for whoever has none (A-11)."""
    account = make_account()
    for path in ("/nothing-here", "/l/" + "x" * 32):
        debtor.get(path)
        assert debtor.status == 404
        assert 'href="/genuine"' in debtor.text, path
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/invoices/0000000000000")
    assert debtor.status == 404
    assert 'href="/genuine"' in debtor.text


def test_a_stylesheet_that_is_not_there_is_not_kept_by_a_cache(app: PortalFlask) -> None:
    missing = app.test_client().get("/static/nothing.css", base_url="http://portal.test")
    assert missing.status_code == 404
    assert missing.headers["Cache-Control"] == "no-store"
    assert missing.headers["X-Robots-Tag"].startswith("noindex")
    assert "Cookie" in missing.headers["Vary"]
