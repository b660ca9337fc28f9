"""One customer whose every word is known, and everything that they did."""

from collections.abc import Iterator

import pytest

from portal.doubles.mailbox import Mailbox
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.factories.messages import relay_through
from tests.privacy import person as people
from tests.privacy.person import Person


@pytest.fixture
def mailbox(house: Settings) -> Iterator[Mailbox]:
    """The installation's relay: what is written is really sent."""
    with Mailbox() as running:
        relay_through(running)
        yield running


@pytest.fixture
def person(app: PortalFlask, mailbox: Mailbox) -> Person:
    """Before she has said anything."""
    return people.make_person(app)


@pytest.fixture
def spoken(person: Person) -> Person:
    """Everything is said and answered; the invoices are still open."""
    people.says_everything(person)
    people.answers(person)
    return person
