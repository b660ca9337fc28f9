"""The figures of one day on PostgreSQL, from 10,000 and 100,000 invoices of an invented history (1,000,000 with
BENCH_INVOICES=1000000), warm.

The reference of each figure is its own SQL, handed to the driver bare; that of all in all first the same figures
counted in full, then the smallest history of the same run: what grows with its size has a ratio above 1.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from portal.core import db, scope
from portal.creditors import queries as creditors
from portal.excuses import queries as excuses
from portal.histories import running
from portal.histories.running import Wanted
from portal.insights import contested, expected, kpis, reading, relation, summed
from portal.plans import keeping
from portal.promises import queries as promises
from portal.simulator.swapping import swapped
from portal.summaries import jobs
from portal.summaries.models import FigureSum
from tests.bench.setting_up import installed

MOST = int(os.environ.get("BENCH_INVOICES", "100000"))
SIZES = tuple(size for size in (10_000, 100_000, 1_000_000) if size <= MOST)
LAST = date(2026, 11, 20)
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY, CURRENCY, ROME = date(2026, 11, 23), "EUR", "Europe/Rome"
PERIOD = kpis.months_until(DAY)[0].first
ROUNDS = 7

# As the page asks for them (portal.insights.creditor_pages).
FIGURES: dict[str, Callable[[], Any]] = {
    "currencies": lambda: summed.currencies(DAY),
    "DSO, ADD, CEI, aging, sold and cashed": lambda: summed.books(DAY, CURRENCY, ROME),
    "the trend of twelve months": lambda: summed.trend(DAY, CURRENCY, ROME),
    "paid in time": lambda: summed.in_time(DAY, CURRENCY, ROME),
    "promises kept": lambda: promises.kept_rate(CURRENCY, first=PERIOD, last=DAY),
    "instalments kept": lambda: keeping.instalments(CURRENCY, DAY),
    "disputes": lambda: contested.of_period(PERIOD, DAY, CURRENCY, ROME),
    "the forecast": lambda: expected.forecast(DAY, CURRENCY, None, None),
    "how it felt": lambda: relation.relation(DAY, ROME),
    "excuses": lambda: excuses.figures(excuses.Period.of_days(PERIOD, DAY, ROME), private=True),
}
COUNTED: dict[str, Callable[[], Any]] = {
    "currencies": lambda: reading.currencies(DAY),
    "books": lambda: reading.books(DAY, CURRENCY, ROME),
    "trend": lambda: reading.trend(DAY, CURRENCY, ROME),
    "in time": lambda: expected.in_time(DAY, CURRENCY, ROME),
}


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name, swapped(time, "time", MORNING.timestamp):
        found = [_of(size, Path(name)) for size in SIZES]
    lines: list[dict[str, Any]] = []
    for size, one in zip(SIZES, found, strict=True):
        lines += [
            {"name": f"ms for a figure: {name}, {size} invoices, against its own SQL", **_ratio(*both)}
            for name, both in one["figures"].items()
        ]
        lines += [
            {"name": f"ms for all figures of a day, {size} invoices, against the smallest history",
             **_ratio(one["all"], found[0]["all"])},
            {"name": f"ms for those of the books, {size} invoices, against counting every row",
             **_ratio(one["books"], one["counted"])},
            {"name": f"s of the nightly count, {size} invoices, and the rows of sums",
             "ours": round(one["count"], 1), "rows": one["rows"]},
        ]  # fmt: skip
    return lines


def _ratio(ours: float, reference: float) -> dict[str, float]:
    return {"ours": round(ours, 1), "reference": round(reference, 1), "ratio": round(ours / reference, 2)}


def _of(size: int, folder: Path) -> dict[str, Any]:
    with installed("postgresql", folder):
        running.write(Wanted("storia", size // 20, size, 2, 1, LAST), lambda _progress: None)
        with db.transaction(writes=False):
            creditor = creditors.by_slug("storia")
            assert creditor is not None
        began = time.perf_counter()
        assert jobs.count(creditor.id) == 0, "what was counted when it was written is right"
        counted = time.perf_counter() - began
        return {"count": counted, **measured(creditor.id)}


def measured(creditor_id: int) -> dict[str, Any]:
    """Of a creditor that is there; the figures from the sums are those of the full count, else nothing is said."""
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        ours, full = summed.books(DAY, CURRENCY, ROME), reading.books(DAY, CURRENCY, ROME)
        assert (ours.steps, ours.months, ours.cashed_minor) == (full.steps, full.months, full.cashed_minor)
        assert summed.trend(DAY, CURRENCY, ROME) == reading.trend(DAY, CURRENCY, ROME)
        assert summed.in_time(DAY, CURRENCY, ROME) == expected.in_time(DAY, CURRENCY, ROME)
        rows = db.session().scalar(select(func.count(FigureSum.id)))
        figures = {name: (_best(act), _bare(act)) for name, act in FIGURES.items()}
        books = list(FIGURES.values())[: len(COUNTED)]
        return {
            "rows": rows,
            "figures": figures,
            "all": _best(lambda: [act() for act in FIGURES.values()]),
            "books": _best(lambda: [act() for act in books]),
            "counted": _best(lambda: [act() for act in COUNTED.values()], 2),
        }


def _best(act: Callable[[], Any], rounds: int = ROUNDS) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return min(taken)


def _bare(act: Callable[[], Any]) -> float:
    """What the statements of a figure take by themselves, rows fetched, with nothing of ours around them."""
    with _heard() as statements:
        act()
    raw = db.session().connection().connection.driver_connection
    assert raw is not None

    def again() -> None:
        with raw.cursor() as cursor:
            for statement, values in statements:
                cursor.execute(statement, values)
                cursor.fetchall()

    return _best(again)


@contextmanager
def _heard() -> Any:
    found: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        found.append((statement, values))

    event.listen(db.engine(), "before_cursor_execute", hear)
    yield found
    event.remove(db.engine(), "before_cursor_execute", hear)
