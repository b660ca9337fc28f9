"""Whose rows this unit of work may see: a creditor, or one debtor of a creditor (house.md §6).

While a scope is entered, its creditor (and debtor) is added to every ORM statement and checked on every
write; without one, a statement that touches an owned table raises. On PostgreSQL row-level security says the
same a second time. Raw tables and `text()` are refused: they would look past it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Executable, Table, TextClause, bindparam, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from portal.core import db

# Tables without a creditor, each with its reason (decision 19). Everything else is owned.
GLOBAL_TABLES: dict[str, str] = {
    "creditors": "the list of tenants itself; nothing of a debtor in it",
    "link_directory": "says which creditor a link id belongs to, before any scope is known; ids only",
    "staff": "a person may work for several creditors",
    "memberships": "which creditors a person works for, read before one of them is entered",
    "invitations": "accepted before the person belongs to a creditor",
    "staff_sessions": "a signed-in person, before a creditor is entered",
    "outbox": "the sweep claims due rows of all creditors; ids only",
    "provider_events": "a provider's notice, before it is known whose it is",
    "alembic_version": "alembic's own",
}


S = TypeVar("S", bound=Executable)


class Unscoped(RuntimeError):
    """A statement touched an owned table outside any scope, or in a way the scope cannot see."""


class ScopeViolation(RuntimeError):
    """A row of another creditor or debtor was about to be written, or a second scope entered."""


@dataclass(frozen=True, slots=True)
class Scope:
    creditor_id: int
    debtor_id: int | None = None


class CreditorOwned:
    """A row of one creditor."""

    creditor_id: Mapped[int] = mapped_column(nullable=False, sort_order=-99)


class DebtorOwned(CreditorOwned):
    """A row about one debtor of one creditor."""

    debtor_id: Mapped[int] = mapped_column(nullable=False, sort_order=-98)


def enter(creditor_id: int, debtor_id: int | None = None) -> Scope:
    """Enters the scope for the rest of this unit of work; a second, different one raises ScopeViolation."""
    info = db.session().info
    scope = Scope(creditor_id, debtor_id)
    if info.setdefault("scope", scope) != scope:
        raise ScopeViolation("one unit of work has one scope")
    session = db.session()
    if session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        _tell_postgres(session, session.connection())
    return scope


def current() -> Scope:
    """The scope of this unit of work; raises Unscoped where there is none."""
    scope = db.session().info.get("scope")
    if scope is None:
        raise Unscoped("no scope has been entered")
    return Scope(scope.creditor_id, scope.debtor_id)


def _creditor_now() -> int:
    return current().creditor_id


def _debtor_now() -> int | None:
    return current().debtor_id


_CREDITOR: BindParameter[Any] = bindparam("scope_creditor", callable_=_creditor_now, type_=db.Id)
_DEBTOR: BindParameter[Any] = bindparam("scope_debtor", callable_=_debtor_now, type_=db.Id)
_BY_CREDITOR = with_loader_criteria(
    CreditorOwned,
    lambda cls: cls.creditor_id == _CREDITOR,
    include_aliases=True,
    track_closure_variables=False,
)
_BY_DEBTOR = with_loader_criteria(
    DebtorOwned, lambda cls: cls.debtor_id == _DEBTOR, include_aliases=True, track_closure_variables=False
)


_PREPARED: dict[tuple[int, bool], Any] = {}


def prepared(statement: S) -> S:
    """The statement with the running scope's fence already in it; for those written once, at module level.

    Building a statement and its cache key costs more than PostgreSQL needs to answer it: what every page view
    asks is built once and given its values by `bindparam`.
    """
    with_debtor = current().debtor_id is not None
    key = (id(statement), with_debtor)
    found = _PREPARED.get(key)
    if found is None:
        options = (_BY_CREDITOR, _BY_DEBTOR) if with_debtor else (_BY_CREDITOR,)
        fenced = statement.options(*options).execution_options(portal_fenced=with_debtor)
        found = _PREPARED[key] = (fenced, statement)  # the statement itself too: its id must stay its own
    fenced_statement: S = found[0]
    return fenced_statement


def _owned_tables(statement: Any) -> Iterator[str]:
    for element in visitors.iterate(statement):
        if isinstance(element, Table) and element.name not in GLOBAL_TABLES:
            yield element.name


@event.listens_for(Session, "do_orm_execute")
def _guard(state: ORMExecuteState) -> None:
    if isinstance(state.statement, TextClause):
        raise Unscoped("text() is looked at by nobody: write the statement with mapped classes")
    if not state.is_select and state.session.info.get("writes") is False:
        raise db.WriteWhileReading("a GET changes nothing")
    scope: Scope | None = state.session.info.get("scope")
    if scope is None:
        owned = next(_owned_tables(state.statement), None)
        if owned is not None:
            raise Unscoped(f"{owned} was asked for outside any scope")
        return
    if state.execution_options.get("portal_fenced") is (scope.debtor_id is not None):
        return
    if state.is_insert:
        _check_bulk_insert(state, scope)
        return
    if not state.is_orm_statement:
        owned = next(_owned_tables(state.statement), None)
        if owned is not None:
            raise Unscoped(f"{owned} was asked for as a raw table: the scope cannot see it")
        return
    options = (_BY_CREDITOR,) if scope.debtor_id is None else (_BY_CREDITOR, _BY_DEBTOR)
    state.statement = state.statement.options(*options)


def _check_bulk_insert(state: ORMExecuteState, scope: Scope) -> None:
    mapper = state.bind_mapper
    if mapper is None:
        if next(_owned_tables(state.statement), None) is not None:
            raise Unscoped("insert through the mapped class, not the table")
        return
    if not issubclass(mapper.class_, CreditorOwned):
        return
    rows: Any = state.parameters or []
    debtor_too = scope.debtor_id is not None and issubclass(mapper.class_, DebtorOwned)
    for row in [rows] if isinstance(rows, dict) else rows:
        if row.get("creditor_id") != scope.creditor_id:
            raise ScopeViolation(f"a bulk insert into {mapper.local_table} named another creditor, or none")
        if debtor_too and row.get("debtor_id") != scope.debtor_id:
            raise ScopeViolation(f"a bulk insert into {mapper.local_table} named another debtor, or none")
    state.session.info["wrote"] = True


@event.listens_for(Session, "before_flush")
def _check_flush(session: Session, _context: object, _instances: object) -> None:
    scope: Scope | None = session.info.get("scope")
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, CreditorOwned):
            continue
        if scope is None:
            raise Unscoped(f"{type(row).__name__} was written outside any scope")
        if getattr(row, "creditor_id", None) is None:
            row.creditor_id = scope.creditor_id
        if row.creditor_id != scope.creditor_id:
            raise ScopeViolation(f"{type(row).__name__} belongs to another creditor")
        if isinstance(row, DebtorOwned) and scope.debtor_id is not None:
            if getattr(row, "debtor_id", None) is None:
                row.debtor_id = scope.debtor_id
            if row.debtor_id != scope.debtor_id:
                raise ScopeViolation(f"{type(row).__name__} belongs to another debtor")


@event.listens_for(Session, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested and connection.dialect.name == "postgresql":
        _tell_postgres(session, connection)


def _tell_postgres(session: Session, connection: Connection) -> None:
    scope: Scope | None = session.info.get("scope")
    if scope is not None:
        connection.exec_driver_sql("SELECT set_config('portal.creditor_id', %s, true)", (str(scope.creditor_id),))
