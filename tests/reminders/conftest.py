"""The relay: a real SMTP server on this machine that keeps what it is sent."""

from collections.abc import Iterator

import pytest

from portal.doubles.mailbox import Mailbox
from portal.messages import jobs
from portal.settings import Settings
from tests.factories.messages import relay_through

assert jobs.send  # declares what works off a planned message


@pytest.fixture
def mailbox(house: Settings) -> Iterator[Mailbox]:
    """The installation's relay for this test."""
    with Mailbox() as running:
        relay_through(running)
        yield running
