"""Bank movements taken in and matched in a second of CPU, against 10,000, 100,000 and 1,000,000 open items.

The reference finds the item of each reference by its index, lowers it and writes one line of the books: what no
design can leave out. The growth from size to size is what counts: movements linear, items logarithmic.
"""

import random
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from portal.bank_statements import batches, taking_in
from portal.core import banking, bulk, clock, db, ids, scope
from portal.core.money import Money
from portal.debtors.models import Debtor, folded
from portal.doubles.bank import BankDouble
from portal.imports.options import ReadOptions
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from tests.bench.setting_up import installed
from tests.databases import Prepared
from tests.factories.world import IBAN, make_creditor

SIZES = (10_000, 100_000, 1_000_000)
MOVEMENTS, AT_ONCE, PER_DEBTOR = 300, 5_000, 10
_BY_REFERENCE = "SELECT id FROM due_items WHERE creditor_id = ? AND reference = ?"
KINDS = {"reference": "by reference, booked", "words": "without one, left to a person with candidates"}


def measure() -> list[dict[str, Any]]:
    return [line for size in SIZES for line in _at(size)]


def _at(size: int) -> list[dict[str, Any]]:
    lines = []
    with tempfile.TemporaryDirectory() as name, installed("sqlite", Path(name)) as prepared:
        creditor_id = make_creditor().id
        picked = random.Random(1).sample(_filled(creditor_id, size), 3 * MOVEMENTS)
        bare = _bare(prepared, creditor_id, picked[2 * MOVEMENTS :])
        for place, (kind, said) in enumerate(KINDS.items()):
            ours = _ours(creditor_id, Path(name), kind, picked[place * MOVEMENTS : (place + 1) * MOVEMENTS])
            lines.append(
                {
                    "name": f"bank movements {said}, {size:,} open items (per second of CPU)",
                    "ours": round(ours, 1),
                    "reference": round(bare, 1),
                    "ratio": round(bare / ours, 2),
                }
            )
    return lines


def _filled(creditor_id: int, size: int) -> list[tuple[str, int, int]]:
    """Open items straight into the tables: (reference, minor units, number of the invoice)."""
    rng, today, made = random.Random(2), clock.today(), []
    common: dict[str, Any] = {"creditor_id": creditor_id, "currency": "EUR"}
    for start in range(0, size, AT_ONCE):
        rows: dict[Any, list[dict[str, Any]]] = {Debtor: [], Invoice: [], DueItem: [], Receivable: []}
        for number in range(start, min(start + AT_ONCE, size)):
            if number % PER_DEBTOR == 0:
                debtor_id, name = ids.new_id(), f"Ditta {rng.randrange(5000)} Rossi {number}"
                rows[Debtor].append(
                    {"id": debtor_id, "creditor_id": creditor_id, "code": f"C{number}", "name": name,
                     "name_key": folded(name), "kind": "business", "country": "IT", "language": "it",
                     "created_at": clock.now()}
                )  # fmt: skip
            item_id, invoice_id, minor = ids.new_id(), ids.new_id(), rng.randrange(100, 900_000)
            owned = {**common, "debtor_id": debtor_id}
            rows[Invoice].append(
                {**owned, "id": invoice_id, "kind": "invoice", "number": f"{number}/2026", "issued_on": today,
                 "year": today.year, "total_minor": minor, "imported_at": clock.now(), "version": 1}
            )  # fmt: skip
            reference = banking.payment_reference(item_id)
            rows[DueItem].append(
                {**owned, "id": item_id, "invoice_id": invoice_id, "position": 1, "due_on": today,
                 "amount_minor": minor, "reference": reference}
            )  # fmt: skip
            rows[Receivable].append({**owned, "id": item_id, "open_minor": minor})
            made.append((reference, minor, number))
        with db.transaction():
            scope.enter(creditor_id)
            for model, found in rows.items():
                bulk.insert(model, found)
    return made


def _ours(creditor_id: int, folder: Path, kind: str, picked: Sequence[tuple[str, int, int]]) -> float:
    bank, today = BankDouble(IBAN), clock.today()
    for reference, minor, number in picked:
        if kind == "reference":
            bank.credit(Money(minor, "EUR"), today, reference=reference)
        else:
            bank.credit(Money(minor, "EUR"), today, text=f"saldo fattura {number}/2026", name="Rossi")
    path = folder / f"{kind}.xml"
    path.write_bytes(bank.statement(today))
    with db.transaction():
        scope.enter(creditor_id)
        batch_id = batches.begin(ReadOptions(), [path])
    begun = time.process_time()
    taking_in.run(creditor_id, batch_id, ReadOptions(), [(path.name, path)])
    return MOVEMENTS / (time.process_time() - begun)


def _bare(prepared: Prepared, creditor_id: int, picked: Sequence[tuple[str, int, int]]) -> float:
    connection = sqlite3.connect(make_url(prepared.url).database or "")
    connection.execute("CREATE TABLE bare_lines (id INTEGER PRIMARY KEY, item INTEGER, minor INTEGER)")
    begun = time.process_time()
    for reference, minor, _ in picked:
        found = connection.execute(_BY_REFERENCE, (creditor_id, reference)).fetchone()
        connection.execute("UPDATE receivables SET open_minor = open_minor - ? WHERE id = ?", (minor, found[0]))
        connection.execute("INSERT INTO bare_lines (item, minor) VALUES (?, ?)", (found[0], minor))
    connection.rollback()
    spent = time.process_time() - begun
    connection.close()
    return MOVEMENTS / spent
