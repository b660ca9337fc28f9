"""The whole database as it stands, read as its owner, so that nothing can change unseen."""

from typing import Any

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from tests.databases import Prepared

# What a look or a refusal may leave (decision 1): tables that are traces, and columns that say "last seen".
TRACES = frozenset({"link_traces", "gate_tries"})
SEEN = frozenset({("visits", "seen_at"), ("staff_sessions", "seen_at"), ("api_keys", "last_used_at")})
NOT_OURS = frozenset({"alembic_version"})

Rows = dict[str, list[str]]


def everything(prepared: Prepared) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    url = make_url(prepared.migration_url or prepared.url)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if prepared.migration_url else url)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name not in NOT_OURS]
        found = {
            name: [dict(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')).mappings()]
            for name in names
        }
    engine.dispose()
    return found


def business(prepared: Prepared) -> Rows:
    """Everything but traces, in an order of its own: equal when and only when nothing of the business changed."""
    return {
        name: sorted(repr(sorted((k, v) for k, v in row.items() if (name, k) not in SEEN)) for row in rows)
        for name, rows in everything(prepared).items()
        if name not in TRACES
    }


def differences(before: Rows, after: Rows) -> dict[str, list[str]]:
    """Rows that came, went or changed, by table."""
    return {name: sorted(set(before[name]) ^ set(after[name])) for name in before if before[name] != after[name]}


def as_text(prepared: Prepared) -> str:
    """The database as somebody finds it who has stolen a copy."""
    return repr(everything(prepared))
