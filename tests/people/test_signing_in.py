"""Signing in and out: who gets in, what a stranger learns, which sessions live and die (rules A-24, A-50, A-54)."""

import pytest

from portal.web.edge import PortalFlask
from tests.actors import People
from tests.factories.people import make_person, sign_in
from tests.factories.world import make_creditor


def test_a_person_signs_in_and_sees_their_creditor(app: PortalFlask) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    assert browser.path == "/c/"
    assert "Rossi Impianti" in browser.text
    assert "Giulia Ferri" in browser.text
