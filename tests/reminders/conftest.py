"""The relay: a real SMTP server on this machine that keeps what it is sent."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from portal.doubles.mailbox import Mailbox
from portal.messages import jobs
from portal.settings import Settings
from tests.factories.messages import relay_through

assert jobs.send  # declares what works off a planned message


@pytest.fixture
def wednesday() -> Iterator[None]:
    """A working day between working days: what fell due yesterday is late today, whatever day it really is."""
    with time_machine.travel(datetime(2026, 11, 25, 10, 0, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def mailbox(house: Settings) -> Iterator[Mailbox]:
    """The installation's relay for this test."""
    with Mailbox() as running:
        relay_through(running)
        yield running
