"""A stage for simulations: opened once for the tests of a file, on each engine."""

from collections.abc import Iterator

import pytest

from portal.simulator import staging
from portal.simulator.staging import Stage
from portal.wiring import create_app
from tests.conftest import need
from tests.databases import why_no_postgres


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staging.opened(create_app, "sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def postgres_stage() -> Iterator[Stage]:
    need(why_no_postgres())
    with staging.opened(create_app, "postgres") as opened:
        yield opened
