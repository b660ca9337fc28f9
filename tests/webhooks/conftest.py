"""A creditor's system that listens: the ERP double over real HTTP, its endpoint added as staff would add it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine

from portal.core import clock, jobs
from portal.doubles.erp import ErpReceiver
from portal.doubles.mailbox import Mailbox
from portal.settings import Settings
from tests.factories import webhooks
from tests.factories.messages import relay_through
from tests.factories.world import Account, make_account


@dataclass
class Told:
    """A debtor's account, and the system that is told of it."""

    account: Account
    erp: ErpReceiver
    endpoint_id: int
    secret: str
    believed: list[str]  # the secrets that the system at the other end believes

    def happens(self, times: int = 1) -> None:
        """Something public happens, and what follows at once is worked off."""
        webhooks.happen(self.account, times)
        jobs.work_off()


@pytest.fixture
def mailbox(house: Settings) -> Iterator[Mailbox]:
    with Mailbox() as running:
        relay_through(running)
        yield running


@pytest.fixture
def told(house: Settings) -> Iterator[Told]:
    account = make_account()
    secrets: list[str] = []
    with ErpReceiver(lambda: secrets) as erp:
        webhooks.allow_loopback(erp.url)
        added = webhooks.add_endpoint(account.creditor_id, erp.hook_url)
        secrets.append(added.secret)
        yield Told(account, erp, added.endpoint.id, added.secret, secrets)


@pytest.fixture
def frozen() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller
