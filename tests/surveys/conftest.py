"""A Monday morning on which one may write, and the relay."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from portal.doubles.mailbox import Mailbox
from portal.settings import Settings
from tests.factories.messages import relay_through

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def clocks(house: Any) -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


@pytest.fixture
def mailbox(house: Settings) -> Iterator[Mailbox]:
    """The installation's relay for this test."""
    with Mailbox() as running:
        relay_through(running)
        yield running
