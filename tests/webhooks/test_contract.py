"""docs/systems.md is the contract with creditors' systems: events, their fields and the columns of the file."""

import dataclasses
import re

from portal.core.events import EVENTS
from portal.settings import ROOT
from portal.sync import results
from portal.web.edge import PortalFlask

DOCUMENT = (ROOT / "docs" / "systems.md").read_text()


def test_every_event_that_leaves_the_house_is_described_field_by_field(app: PortalFlask) -> None:
    """A field that goes or changes its name breaks somebody's system: that is what this test is for."""
    described = {
        name: set(re.findall(r"`(\w+)`", fields))
        for name, fields in re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.*?) \|", DOCUMENT, re.MULTILINE)
    }
    declared = {
        kind.name: {one.name for one in dataclasses.fields(kind)} - {"debtor_id"}
        for kind in EVENTS.values()
        if kind.public and app
    }
    assert described == declared


def test_every_column_of_the_file_is_described() -> None:
    described = re.findall(r"^\| `([a-z_]+)` \| (.*?) \|$", DOCUMENT.partition("| column |")[2], re.MULTILINE)
    assert described == [(column.name, column.meaning) for column in results.COLUMNS]
