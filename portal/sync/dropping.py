"""Files for a creditor's system: what changed since the last one, in the creditor's own folder of the exchange.

Written beside its place and renamed: whoever reads the folder never sees half a file. The name has the moment in it,
so that files sort as they came and none is written over.
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from portal.core import clock, ids, installation
from portal.creditors import queries as creditors
from portal.sync import actions, queries, reconciliation, results, rules
from portal.sync.connectors import BY_FILE
from portal.sync.documents import digest, documents
from portal.sync.models import Connector
from portal.sync.rules import Reason
from portal.sync.states import ConnectorStatus

MOST = 5_000  # invoices in one file
SHEETS_BACK = 31  # days at most that are made up for


def folder(slug: str) -> Path | None:
    """Where a creditor's files go: `out` below its own name. None where the installation has no exchange."""
    root = installation.settings().exchange_dir
    return root / slug / "out" if root is not None else None


def write(connector_id: int) -> int:
    """One file of what waits; how many invoices are in it."""
    connector, zone = _running(connector_id), creditors.in_scope().time_zone
    if connector is None:
        return 0
    now = clock.now()
    waiting = queries.waiting(connector.id, now, MOST)
    if not waiting:
        return 0
    told = documents([one.invoice_id for one in waiting], zone)
    fresh = {
        one.invoice_id for one in waiting if one.invoice_id in told and digest(told[one.invoice_id]) != one.digest
    }
    if fresh:
        name = f"state-{now:%Y%m%dT%H%M%SZ}-{ids.spell(ids.new_id())[-6:]}"
        if not _keep(connector, name, results.of_invoices(sorted(fresh), zone), count=len(fresh)):
            return 0
        actions.keep_push(connector.id, Reason.DONE, now, count=len(fresh))
    for one in waiting:
        actions.taken(one, one.changed_seq, digest(told[one.invoice_id]) if one.invoice_id in told else "")
    return len(fresh)


def write_sheets(connector_id: int) -> int:
    """The sheets of the days that are over and have none there yet, beginning with yesterday; how many."""
    connector, zone = _running(connector_id), creditors.in_scope().time_zone
    if connector is None:
        return 0
    today = clock.today(zone)
    last = queries.last_push(connector.id, rules.SHEET)
    first = clock.day_of(last, zone) if last is not None else today - timedelta(days=1)
    day = max(first, today - timedelta(days=SHEETS_BACK))
    count = 0
    while day < today:
        rows = list(reconciliation.cells(reconciliation.sheets(day, zone)))
        if not _keep(connector, f"reconciliation-{day.isoformat()}", rows):
            return count
        day, count = day + timedelta(days=1), count + 1
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
