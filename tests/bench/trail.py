"""What a gapless chain costs: transactions a second of many writers on PostgreSQL, with fsync as in earnest.

The same rows by the same action (a link is issued: three rows, one of them the event) in three ways: all writers on
one creditor's chain, each on a creditor of its own, and on one creditor without a chain.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from portal.core import bulk, clock, db, events, installation, scope, signing
from portal.core.events import EventRow
from portal.debtors import links
from portal.settings import Settings
from portal.wiring import create_app, load_models
from tests.bench.setting_up import environment
from tests.databases import postgres_server, prepare_postgres
from tests.factories.world import Account, make_account, make_creditor

WRITERS, SECONDS, ROUNDS = 8, 3.0, 5
PATIENCE_SECONDS = 120
AT_ONCE = 500  # events of one transaction, as when a file is imported
WAYS = ONE, EACH, NONE = "one chain", "a chain each", "no chain"


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, _server_that_keeps() as prepared:
        told = environment(prepared, Path(folder), "http://127.0.0.1:18999")
        create_app(Settings.read(told))
        accounts = [make_account(make_creditor(f"c{number}")) for number in range(WRITERS)]
        alone, many = _held(accounts[0], 1), _held(accounts[0], AT_ONCE)
        db.disconnect()
        rates = _rates(told, accounts)
    ours, apart, plain = rates[ONE], rates[EACH], rates[NONE]
    return [
        _line(f"{WRITERS} writers on one chain (transactions per second; no chain)", ours, plain),
        _line(f"{WRITERS} writers on a chain each (transactions per second; no chain)", apart, plain),
        _line(f"{WRITERS} writers on one chain (transactions per second; a chain each)", ours, apart),
        _line(f"head held for {AT_ONCE} events (milliseconds; for one)", many, alone),
    ]


def _line(name: str, ours: float, reference: float) -> dict[str, Any]:
    ratio = reference / ours if "per second" in name else ours / reference
    return {"name": name, "ours": round(ours, 1), "reference": round(reference, 1), "ratio": round(ratio, 2)}


@contextmanager
def _server_that_keeps() -> Iterator[Any]:
    """Tests let PostgreSQL forget at a crash; here each commit waits for the disk, with the chain's head held."""
    with postgres_server() as url:
        prepared = prepare_postgres(url, "portal_bench")
        admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                connection.execute(text("ALTER SYSTEM SET fsync = on"))
                connection.execute(text("SELECT pg_reload_conf()"))
            yield prepared
        finally:
            db.disconnect()
            with admin.connect() as connection:
                connection.execute(text("ALTER SYSTEM SET fsync = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
            admin.dispose()


def _held(account: Account, count: int) -> float:
    """Milliseconds from the moment the head is taken until it is free again: the chain's part and the commit."""
    found = []
    for _ in range(30):
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            for _ in range(count):
                links.issue(
                    account.debtor_id, purpose=links.PORTAL, campaign="bench",
                    expires_at=clock.now() + timedelta(days=1), contact_point_id=account.contact_id,
                )  # fmt: skip
            session.flush()
            began = time.perf_counter()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


def _rates(told: dict[str, str], accounts: list[Account]) -> dict[str, float]:
    """Transactions a second of all writers together, each a process of its own; the ways take turns."""
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(WRITERS), context.Queue()
    writers = [
        context.Process(target=_write, args=(told, (accounts[0], own), (start, done)), daemon=True)
        for own in accounts
    ]
    for one in writers:
        one.start()
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way in WAYS:
            found[way].append(sum(done.get(timeout=PATIENCE_SECONDS) for _ in writers))
    for one in writers:
        one.join()
    return {way: statistics.median(rates) for way, rates in found.items()}


def _write(told: dict[str, str], accounts: tuple[Account, Account], meeting: tuple[Any, Any]) -> None:
    settings = Settings.read(told)
    installation.install(settings, signing.read_keys(settings.keys_file))
    load_models()
    db.connect(settings.database_url)
    (shared, own), (start, done) = accounts, meeting
    chain = list(db._before_commit)
    _issue(own)
    for _ in range(ROUNDS):
        for way in WAYS:
            db._before_commit[:] = [_without_a_chain] if way == NONE else chain
            start.wait(PATIENCE_SECONDS)
            began, count = time.perf_counter(), 0
            while time.perf_counter() - began < SECONDS:
                _issue(own if way == EACH else shared)
                count += 1
            done.put(count / (time.perf_counter() - began))
    db.disconnect()


def _issue(account: Account) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        links.issue(
            account.debtor_id, purpose=links.PORTAL, campaign="bench",
            expires_at=clock.now() + timedelta(days=1), contact_point_id=account.contact_id,
        )  # fmt: skip


def _without_a_chain(session: Session) -> None:
    """The same rows, hashed as well, in places that nobody has to be asked for."""
    rows: list[dict[str, Any]] = session.info.pop("events", [])
    session.flush()
    for row in rows:
        row.update(seq=row["id"], prev=events.GENESIS)
        row["hash"] = events.digest(events.chained(row))
    bulk.insert(EventRow, rows)
