"""Files for a creditor's system: what changed since the last one, in the creditor's own folder of the exchange.

Written beside its place and renamed: whoever reads the folder never sees half a file. The name has the moment in it,
so that files sort as they came and none is written over.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from portal.core import clock, installation
from portal.creditors import queries as creditors
from portal.sync import actions, outbound, queries, rules
from portal.sync.connectors import BY_FILE
from portal.sync.models import Connector
from portal.sync.rules import Reason
from portal.sync.states import ConnectorStatus


def folder(slug: str) -> Path | None:
    """Where a creditor's files go: `out` below its own name. None where the installation has no exchange."""
    root = installation.settings().exchange_dir
    return root / slug / "out" if root is not None else None


def write(connector_id: int) -> int:
    """One file of what waits; how many invoices are in it."""
    connector, zone, now = _running(connector_id), creditors.in_scope().time_zone, clock.now()
    if connector is None:
        return 0
    what = outbound.waiting(connector, now, zone)
    count = len(what.changed)
    if count:
        if not _keep(connector, outbound.name(now), what.rows(zone), count=count):
            return 0
        actions.keep_push(connector.id, Reason.DONE, now, count=count)
    outbound.settle(what)
    return count


def write_sheets(connector_id: int) -> int:
    """The sheets of the days that are over and have none there yet; how many."""
    connector, zone = _running(connector_id), creditors.in_scope().time_zone
    if connector is None:
        return 0
    count = 0
    for name, rows in outbound.sheets(outbound.days(connector, zone), zone):
        if not _keep(connector, name, rows):
            return count
        count += 1
    if count:
        actions.keep_push(connector.id, rules.SHEET, clock.now(), count=count)
    return count


def _running(connector_id: int) -> Connector | None:
    """The connector, locked; None where it is stopped, or the installation has no exchange."""
    connector = queries.connector(connector_id, lock=True)
    has_place = folder(creditors.in_scope().slug) is not None
    return connector if connector is not None and has_place and connector.status is ConnectorStatus.ACTIVE else None


def _keep(connector: Connector, name: str, rows: Sequence[Sequence[str]], count: int = 0) -> bool:
    """Whether the file could be written; where it could not, the connector stops until somebody has looked."""
    way, place = BY_FILE[connector.way], folder(creditors.in_scope().slug)
    assert place is not None, "a connector that runs has a place"
    try:
        _write(place, f"{name}.{way.suffix}", way.written(rows))
    except OSError:
        actions.keep_push(connector.id, Reason.CONFIG, clock.now(), count=count)
        actions.stop(connector, Reason.CONFIG)
        return False
    return True


def _write(place: Path, name: str, content: bytes) -> None:
    place.mkdir(parents=True, exist_ok=True)
    part = place / f".{name}.part"
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place / name)
