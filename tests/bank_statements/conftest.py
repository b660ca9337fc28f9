"""A treasury on each engine."""

from pathlib import Path

import pytest

from portal.settings import Settings
from tests.bank_statements.world import Treasury, make_treasury


@pytest.fixture
def treasury(house: Settings, tmp_path: Path) -> Treasury:
    folder = tmp_path / "statements"
    folder.mkdir()
    return make_treasury(folder)
