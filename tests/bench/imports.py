"""CSV rows taken in a second, against a bare executemany (SQLite) or COPY (PostgreSQL) of the same rows."""

import csv
import io
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from portal.core import db, scope
from portal.imports import actions
from portal.imports.options import ReadOptions
from tests.bench.setting_up import installed
from tests.databases import Prepared
from tests.factories.world import make_creditor

ROWS = 20_000
HEADER = ["numero", "data", "scadenza", "importo", "valuta", "codice cliente", "cliente", "partita iva", "email"]


def rows() -> Iterator[list[str]]:
    first = date(2026, 1, 1)
    for n in range(ROWS):
        issued = first + timedelta(days=n % 300)
        debtor = n % 2_000
        yield [
            f"{n}/2026",
            issued.isoformat(),
            (issued + timedelta(days=30)).isoformat(),
            f"{100 + n % 900},{n % 100:02}",
            "EUR",
            f"C{debtor:05}",
            f"Cliente {debtor} S.r.l.",
            "",
            f"cliente{debtor}@example.com",
        ]


def measure() -> list[dict[str, Any]]:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoices.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(HEADER)
            writer.writerows(rows())
        for engine in ("sqlite", "postgresql"):
            with installed(engine, Path(folder)) as prepared:
                ours = _ours(path)
                reference = _bare_sqlite(Path(folder)) if engine == "sqlite" else _bare_copy(prepared)
            lines.append(
                {
                    "name": f"CSV import on {engine} (rows per second)",
                    "ours": round(ours),
                    "reference": round(reference),
                    "ratio": round(reference / ours, 1),
                }
            )
    return lines


def _ours(path: Path) -> float:
    creditor = make_creditor()
    with db.transaction():
        scope.enter(creditor.id)
        batch = actions.begin(ReadOptions(), [path.name])
    began = time.perf_counter()
    counts = actions.run(creditor.id, batch, ReadOptions(), [(path.name, path)])
    assert counts.created == ROWS, counts
    return ROWS / (time.perf_counter() - began)


def _bare_sqlite(folder: Path) -> float:
    connection = sqlite3.connect(folder / "bare.sqlite")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE bare (a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f TEXT, g TEXT, h TEXT, i TEXT)")
    made = list(rows())
    began = time.perf_counter()
    with connection:
        connection.executemany("INSERT INTO bare VALUES (?,?,?,?,?,?,?,?,?)", made)
    rate = ROWS / (time.perf_counter() - began)
    connection.close()
    os.unlink(folder / "bare.sqlite")  # noqa: PTH108
    return rate


def _bare_copy(prepared: Prepared) -> float:
    made = io.StringIO()
    csv.writer(made, delimiter="\t").writerows(rows())
    url = make_url(prepared.migration_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bare (a text, b date, c date, d text, e text, f text, g text, h text, i text)"
        )
        began = time.perf_counter()
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, DELIMITER E'\\t')") as copy:
            copy.write(made.getvalue())
        return ROWS / (time.perf_counter() - began)
