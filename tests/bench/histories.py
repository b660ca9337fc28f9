"""Invented histories of 10,000 and 100,000 invoices on PostgreSQL (of 1,000,000 with BENCH_INVOICES=1000000): rows a
second, memory, and what the foresight of 500 customers takes as what lies behind it grows.

The reference of each is the smallest history of the same run: what grows with its size has a ratio above 1.
"""

import gc
import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from portal.core import clock, db, events, scope
from portal.creditors import queries as creditors
from portal.histories import running
from portal.histories.running import Wanted
from portal.late_risk import jobs, queries
from portal.ledger import queries as ledger
from portal.reminders import policies, reading
from portal.simulator.swapping import swapped
from tests.bench.setting_up import installed

MOST = int(os.environ.get("BENCH_INVOICES", "100000"))
SIZES = tuple(size for size in (10_000, 100_000, 1_000_000) if size <= MOST)
LAST = date(2026, 11, 20)
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CUSTOMERS = 500
ROUNDS = 5


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name, swapped(time, "time", MORNING.timestamp):
        found = [_of(size, Path(name)) for size in SIZES]
    first = found[0]
    lines: list[dict[str, Any]] = []
    for size, one in zip(SIZES, found, strict=True):
        lines += [
            {"name": f"rows of an invented history a second, {size} invoices, postgresql", "rows": one["rows"],
             "events": one["events"], **_ratio(one["rate"], first["rate"], more_is_better=True)},
            {"name": f"memory that writing them took beyond what was there (MB), {size} invoices",
             "ours": round(one["memory"], 1)},
            {"name": f"ms for the foresight of {CUSTOMERS} customers, {size} invoices",
             **_ratio(one["foresight"], first["foresight"])},
            {"name": f"s to learn from the newest {queries.MOST_LEARNED} of {size} invoices",
             "ours": round(one["learning"], 1)},
        ]  # fmt: skip
    return lines


def _ratio(ours: float, reference: float, *, more_is_better: bool = False) -> dict[str, float]:
    ratio = reference / ours if more_is_better else ours / reference
    return {"ours": round(ours, 1), "reference": round(reference, 1), "ratio": round(ratio, 2)}


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _of(size: int, folder: Path) -> dict[str, float]:
    """One history in an installation of its own, checked before anything of it is believed."""
    with installed("postgresql", folder):
        gc.collect()
        before, began = _memory(), time.perf_counter()
        done = running.write(Wanted("storia", size // 20, size, 2, 1, LAST), lambda _progress: None)
        seconds = time.perf_counter() - began
        grown = _memory() - before
        with db.transaction(writes=False):
            creditor = creditors.by_slug("storia")
            assert creditor is not None
            scope.enter(creditor.id)
            report = events.verify()
            assert report.first_bad is None
            assert ledger.unbalanced() == []
            last = reading.horizon(policies.current(), clock.today())
            some = reading.with_something_open(last, 0)[:CUSTOMERS]
            foresight = min(_timed(some, last) for _ in range(ROUNDS))
        began = time.perf_counter()
        jobs.learn(creditor.id)
        return {
            "rows": done.rows, "events": report.records, "rate": done.rows / seconds, "memory": grown,
            "foresight": foresight, "learning": time.perf_counter() - began,
        }  # fmt: skip


def _timed(customers: Any, last: date) -> float:
    began = time.perf_counter()
    queries.probably_late(customers, last, clock.today())
    return (time.perf_counter() - began) * 1000
