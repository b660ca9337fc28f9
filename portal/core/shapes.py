"""What a statement names that the scope cannot narrow: raw tables, typed SQL, tables only called by name.

The scope adds its criteria to *mapped* classes. Whatever else stands in a statement is found here, by walking what
was written (not the FROM list that SQLAlchemy derives of it, where a mapped and a raw table look the same).
"""

import re
from collections.abc import Container, Iterable
from typing import Any

from sqlalchemy import BindParameter, FromClause, Table, TextClause
from sqlalchemy.orm.context import FromStatement
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement, ColumnClause
from sqlalchemy.sql.selectable import Select, TableClause

# What may be written out in a statement without being looked at: a number, a star, a word in quotes.
_HARMLESS = re.compile(r"\*|-?\d+|'[a-z_ ]*'")

WHOSE = frozenset({"creditor_id", "debtor_id"})  # the columns that say whose a row is


def why_unseen(statement: Executable, free: Container[str]) -> str | None:
    """The first thing in `statement` that no scope would narrow, in words; None where there is nothing.

    `free`: names of tables that belong to nobody and may be named raw.
    """
    seen: set[int] = set()
    waiting: list[Any] = [statement]
    while waiting:
        element = waiting.pop()
        if id(element) in seen or not isinstance(element, ClauseElement):
            continue
        seen.add(id(element))
        why = _refused(element, free)
        if why is not None:
            return why
        waiting.extend(_written_in(element))
    return None


def _refused(element: ClauseElement, free: Container[str]) -> str | None:
    if isinstance(element, TextClause):
        return "text() is looked at by nobody"
    if isinstance(element, FromStatement):
        return "from_statement() takes rows from where no scope is added"
    if isinstance(element, TableClause | ColumnClause):
        return _raw(element, free)
    written_beside = ("_prefixes", "_suffixes", "_hints", "_statement_hints")
    if any(getattr(element, name, None) for name in written_beside):
        return "words written before or after a statement are looked at by nobody"
    return None


def _raw(element: TableClause | ColumnClause[Any], free: Container[str]) -> str | None:
    if isinstance(element, ColumnClause):
        if element.is_literal and not _HARMLESS.fullmatch(str(element.name)):
            return "literal_column() is looked at by nobody"
        table: Any = element.table
    else:
        table = element
        if not isinstance(table, Table):
            return f"{table.name} is only called by name"
    if not isinstance(table, Table) or table.name in free or _is_mapped(element):
        return None
    return f"{table.name} is named as a raw table"


def _written_in(element: ClauseElement) -> Iterable[Any]:
    """The parts of which an element was made, as they were written."""
    if isinstance(element, ColumnClause):
        table = element.table
        return () if table is None or isinstance(table, Table) or _is_mapped_alias(element, table) else (table,)
    if isinstance(element, Table):
        return ()
    if isinstance(element, FromClause) and _is_mapped_alias(element, element):
        return ()
    if isinstance(element, Select):
        parts = super(Select, element).get_children(omit_attrs=("_correlate", "_correlate_except"))
        by_key = _get_clause(element)
        return parts if by_key is None else (part for part in parts if part is not by_key)
    return element.get_children()


def _get_clause(statement: Select[Any]) -> ClauseElement | None:
    """The `key = :key` of the ORM's own `get()` and refresh, which it writes with the raw column."""
    subject = statement._propagate_attrs.get("plugin_subject")
    mapper = getattr(subject, "mapper", None)
    return None if mapper is None else mapper._get_clause[0]


def _is_mapped(element: ClauseElement) -> bool:
    return "parententity" in element._annotations  # how the ORM says so, and nothing else does


def _is_mapped_alias(named: ClauseElement, alias: Any) -> bool:
    """`aliased(Model)`: what the criteria reach through `include_aliases`."""
    return _is_mapped(named) and isinstance(getattr(alias, "element", None), Table)


def values_of(statement: Any, given: Any, *, must_name: str | None) -> list[dict[str, Any]]:
    """The rows that an INSERT or UPDATE writes, as column name to plain value.

    Raises ValueError where that cannot be told from the statement: a column of whose-it-is computed in SQL, rows
    taken from a SELECT, an UPDATE by primary key alone (nothing is added to that one), or `must_name` left out.
    """
    if getattr(statement, "select", None) is not None or getattr(statement, "_post_values_clause", None) is not None:
        raise ValueError("an insert that selects, or updates what is there")
    many = isinstance(given, list | tuple)
    if many and statement.is_update:
        raise ValueError("an update of many by their keys alone")
    shared = _plain(getattr(statement, "_values", None) or {})
    lists = [_plain(one) for several in getattr(statement, "_multi_values", ()) for one in several]
    rows = [{**shared, **one} for one in lists] or [{**shared, **one} for one in (given if many else [given or {}])]
    if must_name is not None and any(must_name not in row for row in rows):
        raise ValueError(f"{must_name} is not named")
    return rows


def _plain(values: Any) -> dict[str, Any]:
    found = {getattr(key, "key", key): value for key, value in values.items()}
    for name in WHOSE & found.keys():
        value = found[name]
        if isinstance(value, BindParameter) and value.callable is None:
            found[name] = value.value
        elif isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"):
            raise ValueError(f"{name} is computed")
    return found
