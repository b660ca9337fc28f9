"""With a host of their own, the creditor's people have their pages there and nowhere else (A-66, ASVS 3.5.4)."""

from dataclasses import replace

import pytest

from portal.settings import Settings
from portal.wiring import create_app
from tests.databases import Prepared

PUBLIC, STAFF = "http://portal.test", "http://people.portal.test"


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about addresses, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


def test_each_side_is_on_its_host_alone(settings: Settings) -> None:
    client = create_app(replace(settings, staff_host="people.portal.test")).test_client()
    for path in ("/c/login", "/c/", "/c"):
        assert client.get(path, base_url=STAFF).status_code != 404, path
        assert client.get(path, base_url=PUBLIC).status_code == 404, path
    for path in ("/", "/gate", "/d/", "/genuine", "/privacy", "/t", "/l/" + "x" * 32, "/in/stripe/x"):
        assert client.get(path, base_url=STAFF).status_code == 404, path
    for path in ("/", "/gate", "/d/", "/genuine"):
        assert client.get(path, base_url=PUBLIC).status_code != 404, path
    for origin in (PUBLIC, STAFF):
        for path in ("/health/live", "/robots.txt", "/static/portal.css"):
            with client.get(path, base_url=origin) as answer:
                assert answer.status_code == 200, (origin, path)


def test_without_the_setting_one_host_has_both(settings: Settings) -> None:
    client = create_app(settings).test_client()
    assert client.get("/c/login", base_url=PUBLIC).status_code == 200
    assert client.get("/genuine", base_url=PUBLIC).status_code == 200
