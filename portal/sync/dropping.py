"""Files for a creditor's system: what changed since the last one, in the creditor's own folder of the exchange.

Written beside its place and renamed: whoever reads the folder never sees half a file. The name has the moment in it,
so that files sort as they came and none is written over.
"""

import os
from datetime import timedelta
from pathlib import Path

from portal.core import clock, ids, installation
from portal.creditors import queries as creditors
from portal.sync import actions, queries, reconciliation, results, rules
from portal.sync.connectors import BY_FILE
from portal.sync.documents import digest, documents
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
    connector = queries.connector(connector_id, lock=True)
    creditor = creditors.in_scope()
    place = folder(creditor.slug)
    if connector is None or connector.status is ConnectorStatus.STOPPED or place is None:
        return 0
    now = clock.now()
    waiting = queries.waiting(connector.id, now, MOST)
    if not waiting:
        return 0
    told = documents([one.invoice_id for one in waiting], creditor.time_zone)
    fresh = {
        one.invoice_id for one in waiting if one.invoice_id in told and digest(told[one.invoice_id]) != one.digest
    }
    if fresh:
        way = BY_FILE[connector.way]
        name = f"state-{now:%Y%m%dT%H%M%SZ}-{ids.spell(ids.new_id())[-6:]}.{way.suffix}"
        try:
            _keep(place, name, way.written(results.of_invoices(sorted(fresh), creditor.time_zone)))
        except OSError:
            actions.keep_push(connector.id, Reason.CONFIG, now, count=len(fresh))
            actions.stop(connector, Reason.CONFIG)
            return 0
        actions.keep_push(connector.id, Reason.DONE, now, count=len(fresh))
    for one in waiting:
        actions.taken(one, one.changed_seq, digest(told[one.invoice_id]) if one.invoice_id in told else "")
    return len(fresh)


def write_sheets(connector_id: int) -> int:
    """The sheets of the days that are over and have none there yet, beginning with yesterday; how many."""
    connector = queries.connector(connector_id, lock=True)
    creditor = creditors.in_scope()
    place = folder(creditor.slug)
    if connector is None or connector.status is ConnectorStatus.STOPPED or place is None:
        return 0
    zone = creditor.time_zone
    today = clock.today(zone)
    last = queries.last_push(connector.id, rules.SHEET)
    first = clock.day_of(last, zone) if last is not None else today - timedelta(days=1)
    day = max(first, today - timedelta(days=SHEETS_BACK))
    way, count = BY_FILE[connector.way], 0
    while day < today:
        content = way.written(list(reconciliation.cells(reconciliation.sheets(day, zone))))
        try:
            _keep(place, f"reconciliation-{day.isoformat()}.{way.suffix}", content)
        except OSError:
            actions.keep_push(connector.id, Reason.CONFIG, clock.now(), count=0)
            actions.stop(connector, Reason.CONFIG)
            return count
        day, count = day + timedelta(days=1), count + 1
    if count:
        actions.keep_push(connector.id, rules.SHEET, clock.now(), count=count)
    return count


def _keep(place: Path, name: str, content: bytes) -> None:
    place.mkdir(parents=True, exist_ok=True)
    part = place / f".{name}.part"
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place / name)
