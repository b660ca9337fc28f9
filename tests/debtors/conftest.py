"""For those on the way to level 3: a debtor with a mobile on file, and the phone that the codes reach."""

from collections.abc import Iterator

import pytest

from portal.doubles.phone import Phone
from portal.web.edge import PortalFlask
from tests.factories import doors
from tests.factories.world import Account, make_account


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running:
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    doors.add_mobile(made)
    return made
