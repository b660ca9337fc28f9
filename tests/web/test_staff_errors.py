"""Below /c every bad end speaks to the creditor's own people: short, with a road back, without debtors' words."""

import re

import pytest
from flask import abort

from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.people.roles import Permission, Role
from portal.web.edge import PortalFlask
from portal.web.gates import allow, creditor_blueprint
from tests.actors import Debtor
from tests.databases import Prepared
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.web.test_errors import INSIDE, STATUSES

# What is said to debtors only: of links in messages, of paying, of a visit.
TO_DEBTORS = {
    "it": re.compile(r"collegamento|messaggio che|pagherà|visita|suoi documenti", re.IGNORECASE),
    "en": re.compile(r"link|message|pay twice|your visit|documents safe", re.IGNORECASE),
}


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
    blueprint = creditor_blueprint("tests_staff_errors", __name__, url_prefix="/c/tests")

    @blueprint.get("/abort/<int:status>")
    @allow(Permission.READ)
    def ends(status: int) -> str:
        abort(status)

    @blueprint.get("/no")
    @allow(Permission.READ)
    def no() -> str:
        raise NotAllowedNow(t("This invoice has been withdrawn already."))

    @blueprint.get("/bug")
    @allow(Permission.READ)
    def bug() -> str:
        raise ZeroDivisionError("secret words")

    app.register_blueprint(blueprint)
    return app


def main_of(page: str) -> str:
    return page.split("<main")[1].split("</main>", maxsplit=1)[0]


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_status_speaks_to_staff_and_leads_back(broken: PortalFlask, language: str) -> None:
    browser = signed_in(broken, make_creditor(), Role.VIEWER)
    browser.get(f"/c/language/{language}")
    for status in STATUSES:
        browser.get(f"/c/tests/abort/{status}")
        said = main_of(browser.text)
        assert browser.status == status
        assert f'<html lang="{language}">' in browser.text
        assert 'href="/c/"' in said
        assert not TO_DEBTORS[language].search(said), said
        assert len(re.sub(r"<[^>]+>", " ", said).split()) < 45, "short"
        assert not [word for word in INSIDE if word in browser.text]
        assert browser.page is not None
        assert (browser.page.headers["X-Request-Id"] in said) is (status != 404)
    assert browser.get("/c/").status_code == 200, "nobody was signed out"


def test_the_reason_itself_is_said_where_there_is_one(broken: PortalFlask) -> None:
    browser = signed_in(broken, make_creditor(), Role.VIEWER)
    browser.get("/c/tests/no")
    assert (browser.status, "This invoice has been withdrawn already." in browser.text) == (409, True)
    browser.get("/c/tests/bug")
    assert (browser.status, "This one is our fault" in browser.text) == (500, True)
    assert "secret words" not in browser.text


def test_a_role_that_is_too_small_is_named_as_such(app: PortalFlask) -> None:
    browser = signed_in(app, make_creditor(), Role.VIEWER)
    browser.get("/c/settings")
    assert browser.status == 403
    assert "Your role does not include this" in browser.text


def test_debtors_read_their_own_words_as_before(app: PortalFlask) -> None:
    browser = Debtor(app)
    browser.get("/language/en")
    for path in ("/nowhere", "/cnowhere", "/l/nowhere"):
        browser.get(path)
        assert browser.status == 404
        assert "newest message that we sent you" in browser.text
    unsigned = browser.get("/c/nowhere").get_data(as_text=True)
    assert "newest message" not in unsigned
    assert 'href="/c/"' in unsigned
