"""Whose rows this unit of work may see: a creditor, the customers in a mandate's reach, or one debtor (house.md §6).

While a scope is entered, its creditor (and debtor, or reach) is added to every ORM statement and checked on
every write; without one, a statement that touches an owned table raises. On PostgreSQL row-level security says the
same a second time. Raw tables, `text()` and the bare connection look past it and are refused (portal.core.shapes).
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    Engine,
    Executable,
    ForeignKeyConstraint,
    Index,
    Table,
    bindparam,
    event,
    false,
    select,
)
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
from sqlalchemy.sql.elements import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause

from portal.core import db, shapes

# Tables without a creditor, each with its reason (decision 19). Everything else is owned.
GLOBAL_TABLES: dict[str, str] = {
    "creditors": "the list of tenants itself; nothing of a debtor in it",
    "link_directory": "says which creditor a link id belongs to, before any scope is known; ids only",
    "typed_codes": "whose link a code typed from a letter opens, before any scope is known; hashes and ids only",
    "staff": "a person may work for several creditors",
    "memberships": "which creditors a person works for, read before one of them is entered",
    "invitations": "accepted before the person belongs to a creditor",
    "staff_sessions": "a signed-in person, before a creditor is entered",
    "second_factors": "asked for when a person signs in, before a creditor is entered",
    "recovery_codes": "as the second factor that they stand in for",
    "organisations": "an agency may work for several creditors",
    "mandates": "whether an agency works for a creditor, read before that one is entered; no debtor in it",
    "agency_contacts": "an agency's contacts with a person count across creditors; hashes and counts only",
    "agency_surveys": "a person is asked once in a while for all creditors of an agency; hashes and days only",
    "outbox": "the sweep claims due rows of all creditors; ids only",
    "provider_events": "a provider's notice, before it is known whose it is",
    "alembic_version": "alembic's own",
}


# Tables without a debtor that people of an agency reach all the same; of every other such table they see no row.
BEYOND_DEBTORS: dict[str, str] = {
    "commands": "the same form sent twice gets the same answer",
    "event_heads": "what they do has its place in the creditor's chain",
    "stored_files": "a file is opened through the document that names it",
    "mandate_debtors": "says what their reach is",
    "webhook_endpoints": "the creditor's systems hear of what they do",
    "webhook_deliveries": "as the endpoints",
    "webhook_tries": "as the endpoints",
    "staff_mails": "a person is told of a change to their own sign-in",
    "call_hours": "customers book a call in them",
    "call_seats": "whether a moment is taken, without by whom",
    "desks": "where what customers say lands, and who owns it there",
    "dispute_reasons": "what a customer contests is read by the name that the creditor gave it",
    "answer_texts": "they answer with the creditor's words",
    "plan_policies": "what may be agreed in instalments decides for what they answer, too",
    "credit_policies": "what they do can end an alert, and the policy says which there are",
    "late_models": "what is to be expected of their customers is reckoned from what was learned of all",
    "cadence_policies": "what comes next for their customers is as the creditor has set it up",
    "survey_policies": "they ask on the telephone what the creditor asks",
    "cadence_pauses": "that everything is paused holds for their customers, too",
    "limitation_policies": "how long one may ask holds for their customers, too",
    "case_policies": "whether words are looked through, as for the creditor's own people",
    "door_policies": "what the creditor chose about its doors holds for what they do too",
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
    reach: int | None = None  # a mandate's id: only rows about the debtors that it names (people of an agency)


class CreditorOwned:
    """A row of one creditor."""

    creditor_id: Mapped[int] = mapped_column(nullable=False, sort_order=-99)


class DebtorOwned(CreditorOwned):
    """A row about one debtor of one creditor."""

    debtor_id: Mapped[int] = mapped_column(nullable=False, sort_order=-98)


class PerhapsDebtorOwned(CreditorOwned):
    """A row of one creditor that may be about one debtor."""

    debtor_id: Mapped[int | None] = mapped_column(nullable=True, sort_order=-98)


class DebtorItself(CreditorOwned):
    """The debtor's own row: its `id` is what others call `debtor_id`."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, sort_order=-100)


class ReachedDebtor(CreditorOwned, db.Base):
    """One debtor in the reach of one mandate; written by portal.people, read by every statement under a reach."""

    __tablename__ = "mandate_debtors"
    __table_args__ = (
        ForeignKeyConstraint(["creditor_id", "mandate_id"], ["mandates.creditor_id", "mandates.id"]),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_mandate_debtors_debtor", "creditor_id", "debtor_id"),
    )

    creditor_id: Mapped[int]
    mandate_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    debtor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def enter(creditor_id: int, debtor_id: int | None = None, *, reach: int | None = None) -> Scope:
    """Enters the scope for the rest of this unit of work; a second, different one raises ScopeViolation.

    To enter the same creditor again without a reach keeps the one there is: nothing becomes wider.
    """
    info = db.session().info
    scope = Scope(creditor_id, debtor_id, reach)
    there: Scope = info.setdefault("scope", scope)
    if there != scope and (reach is not None or there != Scope(creditor_id, debtor_id, there.reach)):
        raise ScopeViolation("one unit of work has one scope")
    session = db.session()
    if session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        _tell_postgres(session, session.connection())
    return there


def is_entered() -> bool:
    return db.session().info.get("scope") is not None


def current() -> Scope:
    """The scope of this unit of work; raises Unscoped where there is none."""
    scope = db.session().info.get("scope")
    if scope is None:
        raise Unscoped("no scope has been entered")
    return Scope(scope.creditor_id, scope.debtor_id, scope.reach)


def _creditor_now() -> int:
    return current().creditor_id


def _debtor_now() -> int | None:
    return current().debtor_id


def _reach_now() -> int | None:
    return current().reach


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


# Under a reach: rows about the debtors that the mandate names, and nothing that is about no debtor at all.
_REACH: BindParameter[Any] = bindparam("scope_reach", callable_=_reach_now, type_=db.Id)
_REACHED = select(ReachedDebtor.debtor_id).where(ReachedDebtor.mandate_id == _REACH)
_BY_REACH = tuple(
    with_loader_criteria(kind, named, include_aliases=True, track_closure_variables=False)
    for kind, named in (
        (DebtorOwned, lambda cls: cls.debtor_id.in_(_REACHED)),
        (PerhapsDebtorOwned, lambda cls: cls.debtor_id.in_(_REACHED)),
        (DebtorItself, lambda cls: cls.id.in_(_REACHED)),
    )
)


@cache
def _beyond_reach() -> tuple[Any, ...]:
    """Shuts every table without a debtor that BEYOND_DEBTORS does not name."""
    about_debtors = (DebtorOwned, PerhapsDebtorOwned, DebtorItself)
    shut = (
        mapper.class_
        for mapper in db.Base.registry.mappers
        if issubclass(mapper.class_, CreditorOwned)
        and not issubclass(mapper.class_, about_debtors)
        and str(mapper.local_table) not in BEYOND_DEBTORS
    )
    return tuple(with_loader_criteria(one, false(), include_aliases=True) for one in shut)


def _fence(scope: Scope) -> tuple[tuple[bool, bool], tuple[Any, ...]]:
    """How narrow the scope is, and what is added to a statement for it."""
    narrow = (scope.debtor_id is not None, scope.reach is not None)
    by_debtor = (_BY_DEBTOR,) if narrow[0] else ()
    by_reach = (*_BY_REACH, *_beyond_reach()) if narrow[1] else ()
    return narrow, (_BY_CREDITOR, *by_debtor, *by_reach)


_PREPARED: dict[tuple[int, tuple[bool, bool]], Any] = {}


def prepared(statement: S) -> S:
    """The statement with the running scope's fence already in it; for those written once, at module level.

    Building a statement and its cache key costs more than PostgreSQL needs to answer it: what every page view
    asks is built once and given its values by `bindparam`.
    """
    narrow, fence = _fence(current())
    key = (id(statement), narrow)
    found = _PREPARED.get(key)
    if found is None:
        _refuse_unseen(statement)
        fenced = statement.options(*fence).execution_options(portal_fenced=narrow)
        found = _PREPARED[key] = (fenced, statement)  # the statement itself too: its id must stay its own
    fenced_statement: S = found[0]
    return fenced_statement


def _owned_tables(statement: Any) -> Iterator[str]:
    for element in visitors.iterate(statement):
        if isinstance(element, Table) and element.name not in GLOBAL_TABLES:
            yield element.name


_LOOKED_AT: set[Any] = set()  # cache keys of statements in which nothing was found: their values do not matter
_MOST_LOOKED_AT = 5000


def _refuse_unseen(statement: Any) -> None:
    """Raises Unscoped for what no scope would narrow.

    To look costs more than to ask, so each kind of statement is looked at once. Its key says all that it is made of
    but the values, is kept with the statement, and is what the engine itself caches SQL by: asked for here, it is
    not made again there.
    """
    made = statement._generate_cache_key()
    key = made.key if made is not None else None
    if key is not None and key in _LOOKED_AT:
        return
    why = shapes.why_unseen(statement, GLOBAL_TABLES)
    if why is not None:
        raise Unscoped(f"{why}: write the statement with mapped classes")
    if key is not None:
        if len(_LOOKED_AT) >= _MOST_LOOKED_AT:
            _LOOKED_AT.clear()
        _LOOKED_AT.add(key)


@event.listens_for(Session, "do_orm_execute")
def _guard(state: ORMExecuteState) -> None:
    state.update_execution_options(portal_guarded=True)
    if not state.is_select and state.session.info.get("writes") is False:
        raise db.WriteWhileReading("a GET changes nothing")
    scope: Scope | None = state.session.info.get("scope")
    if scope is None:
        owned = next(_owned_tables(state.statement), None)
        if owned is not None:
            raise Unscoped(f"{owned} was asked for outside any scope")
        _refuse_unseen(state.statement)
        return
    narrow, fence = _fence(scope)
    if state.execution_options.get("portal_fenced") == narrow:
        return
    if not state.is_select:
        _check_written(state, scope)
    if state.is_orm_statement and not state.is_insert:
        state.statement = state.statement.options(*fence)
    elif not state.is_orm_statement:
        _refuse_unfenced(state.statement)
    _refuse_unseen(state.statement)


def _refuse_unfenced(statement: Executable) -> None:
    """What SQLAlchemy does not take for an ORM statement gets no criteria, although a mapped class stands in it.

    Raises Unscoped: `select(exists().where(Debtor.code == "1"))` is one, `select(Debtor.id).limit(1)` is not.
    """
    owned = next(_owned_tables(statement), None)
    if owned is not None:
        raise Unscoped(f"{owned} stands in a statement that no scope reaches")


def _check_written(state: ORMExecuteState, scope: Scope) -> None:
    """An INSERT, UPDATE or DELETE that is executed as a statement: whose rows it would make or change."""
    mapper = state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, CreditorOwned):
        return
    try:
        rows = shapes.values_of(
            state.statement, state.parameters, must_name="creditor_id" if state.is_insert else None
        )
    except ValueError as error:
        raise Unscoped(f"{mapper.local_table}: {error}") from error
    about_debtor = issubclass(mapper.class_, DebtorOwned)
    for row in rows:
        if row.get("creditor_id", scope.creditor_id) != scope.creditor_id:
            raise ScopeViolation(f"a statement wrote {mapper.local_table} for another creditor, or for none")
    if about_debtor:
        debtors = {row.get("debtor_id") for row in rows if state.is_insert or "debtor_id" in row}
        if scope.debtor_id is not None and debtors - {scope.debtor_id}:
            raise ScopeViolation(f"a statement wrote {mapper.local_table} for another debtor, or for none")
        refuse_beyond_reach(debtors)
    state.session.info["wrote"] = True


def refuse_beyond_reach(debtor_ids: Set[int | None]) -> None:
    """Under a reach, raises ScopeViolation unless the mandate names every one of these debtors."""
    session = db.session()
    scope: Scope | None = session.info.get("scope")
    if scope is None or scope.reach is None or not debtor_ids:
        return
    named = select(ReachedDebtor.debtor_id).where(
        ReachedDebtor.mandate_id == scope.reach, ReachedDebtor.debtor_id.in_(debtor_ids)
    )
    with session.no_autoflush:
        found = set(session.scalars(named))
    if found != debtor_ids:
        raise ScopeViolation("a row was about a debtor beyond the mandate's reach")


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
    if scope is not None and scope.reach is not None:
        rows = [*session.new, *session.dirty, *session.deleted]
        refuse_beyond_reach({row.debtor_id for row in rows if isinstance(row, DebtorOwned)})


_SAVEPOINTS = (SavepointClause, RollbackToSavepointClause, ReleaseSavepointClause)


@event.listens_for(Engine, "before_execute")
def _guard_connection(
    connection: Connection, statement: object, _many: object, _values: object, options: Mapping[str, Any]
) -> None:
    """The session's own connection takes what was looked at and what a flush writes; nothing by hand."""
    if "portal_guarded" in options or "portal_fenced" in options or isinstance(statement, _SAVEPOINTS):
        return
    session = connection.get_execution_options().get("portal_session")
    if session is not None and not session._flushing:  # before_flush has looked at every row
        raise Unscoped("the session's connection was used by hand: the scope sees nothing of that")


@event.listens_for(Session, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    connection.execution_options(portal_session=session)
    if not transaction.nested and connection.dialect.name == "postgresql":
        _tell_postgres(session, connection)


def _tell_postgres(session: Session, connection: Connection) -> None:
    scope: Scope | None = session.info.get("scope")
    if scope is not None:
        connection.exec_driver_sql("SELECT set_config('portal.creditor_id', %s, true)", (str(scope.creditor_id),))
