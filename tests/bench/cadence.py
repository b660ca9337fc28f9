"""Contacts planned in a second for 100,000 customers, against a bare loop over the same rows; and sends in a second
against smtplib alone, to the same server.

The bare loop reads what is open and who may be written to with one statement, decides by the days and inserts what
was decided. Ours asks of every customer what rests, who wishes what, what was said and heard, and keeps link, message,
touch, events and outlook, chained.
"""

import os
import resource
import smtplib
import sqlite3
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

from portal.core import bulk, clock, db, ids, jobs, scope
from portal.debtors.models import ContactPoint, Debtor
from portal.doubles.mailbox import Mailbox
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.reminders import jobs as planning
from portal.simulator.swapping import swapped
from tests.bench.setting_up import installed
from tests.factories.messages import plan as plan_message
from tests.factories.messages import relay_through
from tests.factories.world import make_account, make_creditor

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "100000"))
AT_ONCE = 5_000
SENT = 300
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name, swapped(time, "time", MONDAY.timestamp):
        with installed("sqlite", Path(name)):
            _fill()
            bare = _rate(_bare)
            before = _memory()
            ours = _rate(_planned)
            grown = _memory() - before
        with installed("sqlite", Path(name)):
            sent = _sends()
    return [
        {"name": f"contacts planned a second, {CUSTOMERS} customers", **_ratio(ours, bare)},
        {"name": "memory that planning them took beyond the first few hundred (MB)", "ours": round(grown, 1)},
        {"name": "mails sent a second, against smtplib alone", **sent},
    ]


def _ratio(ours: float, reference: float) -> dict[str, float]:
    return {"ours": round(ours, 1), "reference": round(reference, 1), "ratio": round(reference / ours, 2)}


def _rate(work: Any) -> float:
    began = time.perf_counter()
    done = work()
    return float(done) / (time.perf_counter() - began)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill() -> None:
    creditor = make_creditor()
    for begin in range(0, CUSTOMERS, AT_ONCE):
        with db.transaction():
            scope.enter(creditor.id)
            _some(creditor.id, begin, min(AT_ONCE, CUSTOMERS - begin))


def _some(creditor_id: int, begin: int, count: int) -> None:
    """Each customer has an address and one document, due from 12 days ago to 12 days ahead."""
    today, now = clock.today(), clock.now()
    debtors, contacts, invoices, items, open_ones = [], [], [], [], []
    for n in range(begin, begin + count):
        debtor_id, invoice_id, item_id = ids.new_id(), ids.new_id(), ids.new_id()
        mine = {"creditor_id": creditor_id, "debtor_id": debtor_id}
        debtors.append({
            "id": debtor_id, "creditor_id": creditor_id, "code": f"{n}", "name": f"Cliente {n}", "name_key": f"cliente {n}",
            "kind": "business", "vat_number": f"IT{n:011}", "tax_code": None, "country": "IT", "postcode": "40121",
            "language": "it", "preferred_channel": None, "created_at": now,
        })  # fmt: skip
        contacts.append({
            **mine, "id": ids.new_id(), "channel": "email", "address": f"c{n}@clienti.example", "sealed_mark": None,
            "source": "creditor", "added_at": now, "stopped_at": None, "stopped_why": None, "confirmed_at": None,
            "codes_from": None, "colleague": False, "person": None,
        })  # fmt: skip
        invoices.append({
            **mine, "id": invoice_id, "kind": "invoice", "number": f"{n}/2026", "issued_on": date(2026, 10, 1),
            "year": 2026, "currency": "EUR", "total_minor": 12_200, "related_number": None, "file_id": None,
            "withdrawn_at": None, "imported_at": now, "version": 1,
        })  # fmt: skip
        items.append({
            **mine, "id": item_id, "invoice_id": invoice_id, "position": 1, "due_on": today + timedelta(days=n % 25 - 12),
            "amount_minor": 12_200, "currency": "EUR", "reference": f"RF{n:018}", "iban": None,
        })  # fmt: skip
        open_ones.append({**mine, "id": item_id, "currency": "EUR", "open_minor": 12_200})
    for model, rows in zip(
        (Debtor, ContactPoint, Invoice, DueItem, Receivable),
        (debtors, contacts, invoices, items, open_ones),
        strict=True,
    ):
        columns = {column.key for column in model.__table__.columns}
        bulk.insert(model, [{name: value for name, value in row.items() if name in columns} for row in rows])


def _planned() -> int:
    planning.plan()
    with sqlite3.connect(db.engine().url.database or "") as connection:
        return int(connection.execute("SELECT count(DISTINCT message_id) FROM touches").fetchone()[0])


def _bare() -> int:
    """One statement over the same rows, the days compared, what was decided inserted; in a table of its own."""
    today = clock.today()
    connection = sqlite3.connect(db.engine().url.database or "")
    connection.execute("CREATE TABLE bare (item INTEGER, level TEXT, address TEXT, at TEXT)")
    rows = connection.execute(
        "SELECT d.id, d.due_on, c.address FROM due_items d JOIN receivables r ON r.id = d.id "
        "JOIN invoices i ON i.id = d.invoice_id JOIN contact_points c ON c.debtor_id = d.debtor_id "
        "WHERE r.open_minor > 0 AND i.withdrawn_at IS NULL AND c.stopped_at IS NULL"
    )
    done = 0
    for item_id, due_on, address in rows.fetchall():
        level = _level((today - date.fromisoformat(due_on)).days)
        if level is not None:
            connection.execute("INSERT INTO bare VALUES (?, ?, ?, ?)", (item_id, level, address, today.isoformat()))
            done += 1
    connection.commit()
    connection.execute("DROP TABLE bare")
    connection.close()
    return done


def _level(days: int) -> str | None:
    if days >= 3:
        return "gentle"
    if days > 0 or days < -10:
        return None
    return "today" if days == 0 else "soon" if days >= -3 else "caring"


def _sends() -> dict[str, float]:
    account = make_account()
    with Mailbox() as mailbox:
        relay_through(mailbox)
        for _ in range(SENT):
            plan_message(account)
        ours = _rate(lambda: (jobs.work_off(), SENT)[1])
        body = mailbox.messages[-1].message.as_bytes(policy=policy.SMTP)
        bare = _rate(lambda: _posted(mailbox.smtp_port, body))
    return _ratio(ours, bare)


def _posted(port: int, body: bytes) -> int:
    """The same mail as often, each over a connection of its own, as ours."""
    for _ in range(SENT):
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail("portal@portal.example", ["a@clienti.example"], body)
    return SENT
