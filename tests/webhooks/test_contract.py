"""docs/systems.md is the contract with creditors' systems: events, their fields and the columns of the file."""

import dataclasses
import re

from portal.core.events import EVENTS
from portal.settings import ROOT
from portal.sync import reconciliation, results
from portal.web.edge import PortalFlask

DOCUMENT = (ROOT / "docs" / "systems.md").read_text()


def _chapter(title: str) -> str:
    """What stands under one heading of the document."""
    return DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


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


def test_every_column_of_the_file_of_results_is_described() -> None:
    described = re.findall(r"^\| `([a-z_]+)` \| (.*?) \|$", _chapter("The file of results"), re.MULTILINE)
    assert described == [(column.name, column.meaning) for column in results.COLUMNS]


def test_every_column_and_line_of_the_sheet_of_the_day_is_described() -> None:
    rows = dict(re.findall(r"^\| (`.*?) \| (.*?) \|$", _chapter("The sheet of the day"), re.MULTILINE))
    assert tuple(re.findall(r"`(\w+)`", " ".join(rows))) == reconciliation.COLUMNS
    lines = (reconciliation.OPENING, *reconciliation.LINES, reconciliation.CLOSING, reconciliation.BOOKS)
    assert tuple(re.findall(r"`(\w+)`", rows["`line`"])) == lines
