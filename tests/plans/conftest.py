"""A telephone that takes the codes."""

from collections.abc import Iterator

import pytest

from portal.doubles.phone import Phone
from portal.web.edge import PortalFlask
from tests.factories import doors


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running:
        yield running
