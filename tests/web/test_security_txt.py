"""Whom to tell of a weakness (RFC 9116)."""

from dataclasses import replace
from datetime import datetime

from portal.core import clock
from portal.settings import Operator, Settings
from portal.web.edge import PortalFlask
from portal.wiring import create_app

PATH = "/.well-known/security.txt"


def test_it_names_an_address_that_is_good_for_less_than_a_year(app: PortalFlask) -> None:
    answer = app.test_client().get(PATH, base_url="http://portal.test")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    said = dict(line.split(": ", 1) for line in answer.get_data(as_text=True).splitlines())
    assert said["Contact"] == "mailto:aiuto@portal.test"
    assert said["Canonical"] == "http://portal.test" + PATH
    left = datetime.fromisoformat(said["Expires"]) - clock.now()
    assert 30 < left.days < 365


def test_without_an_address_there_is_none(settings: Settings) -> None:
    app = create_app(replace(settings, operator=Operator()))
    assert app.test_client().get(PATH, base_url="http://portal.test").status_code == 404
