"""A refusal leaves a line: what, by whom and from where, without a name or an address (ASVS 16.3.1…16.3.3)."""

import logging

import pytest

from portal.core import ids
from portal.people.roles import Role
from portal.web import limits
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.databases import Prepared
from tests.factories.people import make_person, sign_in
from tests.factories.world import make_creditor

ADDRESS = "192.0.2.77"


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about the log, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the portal's loggers say; they do not hand it on to the root by themselves."""
    logging.getLogger("portal").addHandler(caplog.handler)
    yield caplog
    logging.getLogger("portal").removeHandler(caplog.handler)


def lines(log: pytest.LogCaptureFixture, message: str) -> list[dict[str, object]]:
    return [vars(record) for record in log.records if record.getMessage() == message]


def test_what_a_role_may_not_is_noted_with_the_person(app: PortalFlask, log: pytest.LogCaptureFixture) -> None:
    viewer = make_person(make_creditor(), Role.VIEWER)
    sign_in(app, viewer).get("/c/settings", environ_base={"REMOTE_ADDR": ADDRESS})
    (line,) = lines(log, "refused")
    assert (line["why"], line["endpoint"]) == ("403", "settings_creditor.show")
    assert line["who"] == f"staff:{viewer.staff_id}"
    assert line["network"]
    assert ADDRESS not in str(line)
    assert viewer.email not in str(line)


def test_a_forged_form_is_noted(app: PortalFlask, log: pytest.LogCaptureFixture) -> None:
    app.test_client().post("/gate", data={"fact": "7890"}, base_url="http://portal.test")
    (line,) = lines(log, "refused")
    assert (line["why"], line["method"]) == ("csrf", "POST")


def test_a_failed_sign_in_says_whose_and_from_where_by_marks(app: PortalFlask, log: pytest.LogCaptureFixture) -> None:
    somebody = make_person(make_creditor(), Role.VIEWER)
    browser = Browser(app)
    for email in (somebody.email, somebody.email, "nobody@rossi.example"):
        browser.get("/c/login")
        browser.submit("/c/login", email=email, password="wrong", environ_base={"REMOTE_ADDR": ADDRESS})
    known, again, unknown = lines(log, "signing in was refused")
    assert known["person"] == ids.spell(somebody.staff_id)
    assert unknown["person"] is None
    assert known["account"] == again["account"] != unknown["account"]
    assert known["network"] == unknown["network"]
    for line in (known, unknown):
        assert "rossi.example" not in str(line)
        assert ADDRESS not in str(line)


def test_too_many_bad_links_are_refused_and_noted(app: PortalFlask, log: pytest.LogCaptureFixture) -> None:
    client = app.test_client()
    for number in range(limits.BAD_TOKENS.amount + 1):
        client.get(f"/l/{number:032}", base_url="http://portal.test")
    (line,) = lines(log, "refused")
    assert line["why"] == "429"
    assert "000000" not in str(line["network"])


def test_many_bad_links_from_one_wide_network_are_told_once(app: PortalFlask, log: pytest.LogCaptureFixture) -> None:
    """A-12: each caller stays below its own limit, all of them together do not."""
    client = app.test_client()
    for number in range(limits.WIDE_BAD_TOKENS.amount + 10):
        where = {"REMOTE_ADDR": f"192.0.{number // 20}.7"}
        client.get(f"/l/{number:032}", base_url="http://portal.test", environ_base=where)
    (line,) = lines(log, "many links that do not exist were tried from one network")
    assert line["levelno"] == logging.ERROR
    assert "192.0" not in str(line["wide_network"])
