"""What tests of the creditor's people need besides: a relay that keeps their mail, a clock that they move."""

from collections.abc import Iterator

import pytest
import time_machine

from portal.core import clock
from portal.doubles.mailbox import Mailbox
from portal.web.edge import PortalFlask
from tests.factories.messages import relay_through


@pytest.fixture
def mailbox(app: PortalFlask) -> Iterator[Mailbox]:
    """A running SMTP server with nothing in it; the portal sends through it."""
    with Mailbox() as running:
        relay_through(running)
        yield running


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller
