"""Many rows in one go: the one place that inserts without the ORM, so it checks the scope itself.

PostgreSQL takes them as arrays in one statement (COPY is refused under row-level security, stack.md),
SQLite by executemany.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, String, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from portal.core import db, scope

_DIALECT = postgresql.dialect()


def insert(model: type[db.Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts `rows`, mappings of column names to values; every row names the same columns.

    Raises portal.core.scope.ScopeViolation when a row names another creditor, or another debtor than the one
    in scope.
    """
    if not rows:
        return
    session = db.session()
    if session.info.get("writes") is False:
        raise db.WriteWhileReading("a GET changes nothing")
    if issubclass(model, scope.CreditorOwned):
        _check(model, rows)
    session.flush()
    session.info["wrote"] = True
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no table of its own")
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _by_arrays(connection, table, rows)
    else:
        connection.execute(table.insert(), list(rows), execution_options={"portal_guarded": True})


def _check(model: type[db.Base], rows: Sequence[Mapping[str, Any]]) -> None:
    current = scope.current()
    if any(row.get("creditor_id") != current.creditor_id for row in rows):
        raise scope.ScopeViolation(f"a row for {model.__name__} named another creditor, or none")
    if not issubclass(model, scope.DebtorOwned):
        return
    scope.refuse_beyond_reach({row.get("debtor_id") for row in rows})
    if current.debtor_id is None:
        return
    if any(row.get("debtor_id") != current.debtor_id for row in rows):
        raise scope.ScopeViolation(f"a row for {model.__name__} named another debtor, or none")


def _by_arrays(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(rows[0])
    arrays, casts = [], []
    for name in names:
        kind = table.columns[name].type
        process = kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        values = [row[name] for row in rows]
        arrays.append([process(value) for value in values] if process is not None else values)
        casts.append(f"%s::{_carried_as(kind)}[]")
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    given = ", ".join(
        f"{quote(name)}::json" if isinstance(table.columns[name].type, JSON) else quote(name) for name in names
    )
    into = f"INSERT INTO {quote(table.name)} ({columns})"
    statement = f"{into} SELECT {given} FROM unnest({', '.join(casts)}) AS given({columns})"  # noqa: S608 - our own names  # nosec B608
    connection.exec_driver_sql(statement, tuple(arrays))


def _carried_as(kind: TypeEngine[Any]) -> str:
    """A text goes without its length: a cast to varchar(n) would cut what is too long, where an insert refuses it."""
    return "text" if isinstance(kind, (JSON, String)) else kind.compile(_DIALECT)
