"""Invoices sent by API in a second, against a bare insert of all the rows that came of them; documents of state made
in a second, against one bare statement that reads the same invoices with their due items."""

import json
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import Engine, make_url

from portal.core import db, scope
from portal.invoices.models import Invoice
from portal.settings import Settings
from portal.sync import documents
from portal.wiring import create_app
from tests.api.conftest import System, make_system
from tests.bench.setting_up import environment, installed
from tests.databases import Prepared
from tests.factories.world import make_account

CALLS, ROWS_A_CALL, AT_ONCE = 10, 1000, 200
URL = "http://portal.test"
WRITTEN = (
    "debtors", "contact_points", "invoices", "due_items", "receivables", "ledger_transfers", "events", "commands",
    "figure_sums",
)  # fmt: skip


def measure() -> list[dict[str, Any]]:
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for engine in ("sqlite", "postgresql"):
            with installed(engine, folder, URL) as prepared:
                app = create_app(Settings.read(environment(prepared, folder, URL)))
                erp = make_system(app, make_account())
                ours = _sent(erp)
                lines.append(_line(f"invoices by API on {engine} (rows per second)", ours, _inserted(prepared)))
                lines.append(_line(f"documents of state on {engine} (per second)", _made(erp), _read(prepared, erp)))
    return lines


def _line(name: str, ours: float, reference: float) -> dict[str, Any]:
    return {"name": name, "ours": round(ours), "reference": round(reference), "ratio": round(reference / ours, 1)}


def _rows(call: int) -> list[dict[str, Any]]:
    """The same as `imports.rows`, as JSON."""
    first = date(2026, 1, 1)
    made = []
    for n in range(call * ROWS_A_CALL, (call + 1) * ROWS_A_CALL):
        issued, debtor = first + timedelta(days=n % 300), n % 2_000
        made.append(
            {
                "external_id": f"inv-{n}", "number": f"{n}/2026", "issued_on": issued.isoformat(), "currency": "EUR",
                "items": [{"due_on": (issued + timedelta(days=30)).isoformat(), "amount": f"{100 + n % 900}.{n % 100:02}"}],
                "debtor": {"code": f"C{debtor:05}", "name": f"Cliente {debtor} S.r.l.",
                           "email": f"cliente{debtor}@example.com"},
            }
        )  # fmt: skip
    return made


def _sent(erp: System) -> float:
    calls = [{"invoices": _rows(call)} for call in range(CALLS)]
    began = time.perf_counter()
    for body in calls:
        answer = erp.post("/invoices", body)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
    return CALLS * ROWS_A_CALL / (time.perf_counter() - began)


def _made(erp: System) -> float:
    """All that came in, as a connector or the feed makes them: so many at once, each batch in a transaction."""
    with db.transaction(writes=False):
        scope.enter(erp.account.creditor_id)
        named = db.session().scalars(select(Invoice.id).order_by(Invoice.id)).all()
    began = time.perf_counter()
    for at in range(0, len(named), AT_ONCE):
        with db.transaction(writes=False):
            scope.enter(erp.account.creditor_id)
            assert len(documents.documents(named[at : at + AT_ONCE], "Europe/Rome")) == AT_ONCE
    return len(named) / (time.perf_counter() - began)


def _engine(prepared: Prepared) -> Engine:
    url = make_url(prepared.migration_url or prepared.url)
    return create_engine(url.set(drivername="postgresql+psycopg") if prepared.migration_url else url)


def _inserted(prepared: Prepared) -> float:
    """What the calls wrote, table by table, into tables of the same columns without an index, in one transaction."""
    engine = _engine(prepared)
    taken = 0.0
    with engine.connect() as connection:
        for name in WRITTEN:
            rows = [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]
            names = list(rows[0])
            connection.execute(text(f"CREATE TEMP TABLE bare AS SELECT * FROM {name} WHERE 1 = 0"))
            plain = [{key: _plain(value) for key, value in row.items()} for row in rows]
            bare = text(f"INSERT INTO bare ({', '.join(names)}) VALUES ({', '.join(f':{one}' for one in names)})")
            began = time.perf_counter()
            connection.execute(bare, plain)
            taken += time.perf_counter() - began
            connection.execute(text("DROP TABLE bare"))
    engine.dispose()
    return CALLS * ROWS_A_CALL / taken


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _read(prepared: Prepared, erp: System) -> float:
    """One statement for all of them, on a connection of its own, and nothing made of it."""
    wanted = text(
        "SELECT i.id, i.number, i.issued_on, i.total_minor, d.code, t.due_on, t.amount_minor, r.open_minor "
        "FROM invoices i JOIN debtors d ON d.id = i.debtor_id JOIN due_items t ON t.invoice_id = i.id "
        "JOIN receivables r ON r.id = t.id WHERE i.creditor_id = :creditor ORDER BY i.id"
    )
    engine = _engine(prepared)
    with engine.connect() as connection:
        began = time.perf_counter()
        rows = connection.execute(wanted, {"creditor": erp.account.creditor_id}).all()
        taken = time.perf_counter() - began
    engine.dispose()
    assert len(rows) == CALLS * ROWS_A_CALL
    return len(rows) / taken
