"""What goes into files: the states that wait, and the sheets of the days that are over. Writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core import clock, ids
from portal.sync import actions, queries, reconciliation, results, rules
from portal.sync.documents import digest, documents
from portal.sync.models import Connector

MOST = 5_000  # invoices in one file
SHEETS_BACK = 31  # days at most that are made up for

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waited at a moment: each with its place in the history and the digest of its document.

    `changed` are those of which something new is to be told; the others only look as if they had changed.
    """

    seen: tuple[tuple[int, int, str], ...]  # (told_id, changed_seq, digest)
    changed: tuple[int, ...]  # invoice ids

    def rows(self, zone: str) -> Rows:
        return results.of_invoices(self.changed, zone)


def waiting(connector: Connector, now: datetime, zone: str) -> Waiting:
    """The longest waiting first, no more than one file holds."""
    rows = queries.waiting(connector.id, now, MOST)
    found = documents([one.invoice_id for one in rows], zone) if rows else {}
    digests = {one.invoice_id: digest(found[one.invoice_id]) for one in rows if one.invoice_id in found}
    changed = {one.invoice_id for one in rows if digests.get(one.invoice_id, one.digest) != one.digest}
    seen = tuple((one.id, one.changed_seq, digests.get(one.invoice_id, "")) for one in rows)
    return Waiting(seen, tuple(sorted(changed)))


def settle(what: Waiting) -> None:
    """They have it. What changed since it was read waits on."""
    for told_id, seq, made in what.seen:
        told = queries.told(told_id, lock=True)
        if told is not None and told.told_seq < seq:
            actions.taken(told, seq, made)


def days(connector: Connector, zone: str) -> list[date]:
    """The days that are over and have no sheet there yet, beginning with yesterday."""
    today = clock.today(zone)
    last = queries.last_push(connector.id, rules.SHEET)
    first = clock.day_of(last, zone) if last is not None else today - timedelta(days=1)
    day = max(first, today - timedelta(days=SHEETS_BACK))
    return [day + timedelta(days=n) for n in range((today - day).days)]


def sheets(found: Sequence[date], zone: str) -> Iterator[tuple[str, Rows]]:
    """Each with its file's name, without the suffix."""
    for day in found:
        yield f"reconciliation-{day.isoformat()}", list(reconciliation.cells(reconciliation.sheets(day, zone)))


def name(now: datetime) -> str:
    """Of a file of states, without the suffix: they sort as they came, and none is written over."""
    return f"state-{now:%Y%m%dT%H%M%SZ}-{ids.spell(ids.new_id())[-6:]}"
