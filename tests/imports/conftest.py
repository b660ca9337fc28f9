"""Who brings invoices in."""

import pytest

from portal.creditors.models import Creditor
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import signed_in
from tests.factories.world import make_creditor


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def clerk(app: PortalFlask, creditor: Creditor) -> Browser:
    return signed_in(app, creditor, Role.MANAGER)
