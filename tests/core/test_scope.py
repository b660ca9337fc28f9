"""The scope over many shapes of query: no shape may show another creditor's row (house.md §6)."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    case,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from portal.core import clock, db, ids, scope
from portal.creditors.models import Creditor
from portal.debtors.models import ContactPoint, Debtor
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor

Count = Callable[[Session], Any]
ALIAS = aliased(Debtor)
SUB = select(Debtor.id, Debtor.creditor_id).subquery()
CTE = select(Debtor.id).cte("mine")
RAW = Debtor.__table__
RAW_SUB = select(RAW.c.id).subquery()

SHAPES: dict[str, Count] = {
    "entities": lambda s: len(s.scalars(select(Debtor)).all()),
    "columns": lambda s: len(s.execute(select(Debtor.id, Debtor.name)).all()),
    "count": lambda s: s.scalar(select(func.count(Debtor.id))),
    "count select_from": lambda s: s.scalar(select(func.count()).select_from(Debtor)),
    "literal select_from": lambda s: len(s.execute(select(literal(1)).select_from(Debtor)).all()),
    "alias": lambda s: s.scalar(select(func.count(ALIAS.id))),
    "subquery": lambda s: s.scalar(select(func.count()).select_from(SUB)),
    "cte": lambda s: s.scalar(select(func.count()).select_from(CTE)),
    "union": lambda s: len(s.execute(union_all(select(Debtor.id), select(Debtor.id).where(literal(False)))).all()),
    "join": lambda s: len(s.execute(select(Debtor.id).join(ContactPoint, ContactPoint.debtor_id == Debtor.id)).all()),
    "outer join": lambda s: s.scalar(
        select(func.count(Debtor.id)).select_from(Creditor).outerjoin(Debtor, Debtor.creditor_id == Creditor.id)
    ),
    "scalar subquery": lambda s: s.scalar(select(select(func.count(Debtor.id)).scalar_subquery())),
    "exists": lambda s: s.scalar(
        select(func.count(Creditor.id)).where(exists().where(Debtor.creditor_id == Creditor.id))
    ),
    "only in where": lambda s: s.scalar(select(func.count(Creditor.id)).where(Debtor.creditor_id == Creditor.id)),
    "aliased subquery": lambda s: s.scalar(select(func.count(aliased(Debtor, select(Debtor).subquery()).id))),
    "in": lambda s: len(
        s.scalars(select(Creditor.id).where(Creditor.id.in_(select(Debtor.creditor_id).distinct()))).all()
    ),
    "lateral": lambda s: len(
        s.execute(select(Creditor.id, SUB.c.id).join(SUB, SUB.c.creditor_id == Creditor.id)).all()
    ),
    "group by": lambda s: sum(n for _, n in s.execute(select(Debtor.kind, func.count()).group_by(Debtor.kind))),
    "legacy query": lambda s: s.query(Debtor).count(),
}


@pytest.fixture
def two(house: Settings) -> tuple[int, int]:
    """Two creditors, each with one debtor."""
    made = []
    for slug in ("rossi", "verdi"):
        made.append(make_account(make_creditor(slug)).creditor_id)
    return made[0], made[1]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_sees_the_other_creditor(two: tuple[int, int], shape: str) -> None:
    for creditor_id in two:
        with db.transaction(writes=False) as session:
            scope.enter(creditor_id)
            assert SHAPES[shape](session) == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_runs_outside_a_scope(two: tuple[int, int], shape: str) -> None:
    with db.transaction(writes=False) as session, pytest.raises(scope.Unscoped):
        SHAPES[shape](session)


def test_an_update_or_delete_meets_own_rows_only(two: tuple[int, int]) -> None:
    with db.transaction():
        scope.enter(two[0])
        assert db.changed(update(Debtor).values(name="X")) == 1
        assert db.changed(delete(ContactPoint)) == 1
    with db.transaction(writes=False) as session:
        scope.enter(two[1])
        assert session.scalars(select(Debtor.name)).all() == ["Bianchi Costruzioni S.n.c."]
        assert session.scalar(select(func.count(ContactPoint.id))) == 1


def test_get_answers_none_for_the_other_creditors_row(two: tuple[int, int]) -> None:
    with db.transaction(writes=False) as session:
        scope.enter(two[1])
        theirs = session.scalars(select(Debtor.id)).one()
    with db.transaction(writes=False) as session:
        scope.enter(two[0])
        assert session.get(Debtor, theirs) is None


def test_a_row_of_another_creditor_cannot_be_written(two: tuple[int, int]) -> None:
    values = {"code": "9", "name": "N", "kind": "business", "language": "it", "created_at": clock.now()}
    with pytest.raises(scope.ScopeViolation), db.transaction() as session:
        scope.enter(two[0])
        session.add(Debtor(id=ids.new_id(), creditor_id=two[1], **values))
        session.flush()
    with pytest.raises(scope.ScopeViolation), db.transaction() as session:
        scope.enter(two[0])
        session.execute(insert(Debtor), [{"id": ids.new_id(), "creditor_id": two[1], **values}])


# Each would show, or count, another creditor's rows: nothing of the scope reaches them.
PAST_THE_SCOPE: dict[str, Count] = {
    "raw column": lambda s: s.execute(select(RAW.c.id)).all(),
    "text": lambda s: s.execute(text("SELECT id FROM debtors")).all(),
    "raw table joined to a mapped one": lambda s: s.execute(
        select(Creditor.id, RAW.c.name).join(RAW, RAW.c.creditor_id == Creditor.id)
    ).all(),
    "raw table in exists": lambda s: s.scalars(
        select(Creditor.id).where(exists().where(RAW.c.creditor_id == Creditor.id))
    ).all(),
    "exists alone": lambda s: s.scalar(select(exists().where(Debtor.code == "1"))),
    "raw scalar subquery": lambda s: s.execute(
        select(Debtor.id, select(func.count(RAW.c.id)).scalar_subquery())
    ).all(),
    "raw subquery": lambda s: s.execute(select(Creditor.id, RAW_SUB.c.id).join(RAW_SUB, literal(True))).all(),
    "raw alias": lambda s: s.execute(select(Creditor.id).join(RAW.alias(), literal(True))).all(),
    "raw select_from beside a mapped column": lambda s: s.execute(
        select(func.count(Debtor.id)).select_from(RAW)
    ).all(),
    "literal_column": lambda s: s.execute(select(Debtor.id, literal_column("(SELECT count(*) FROM debtors)"))).all(),
    "text in where": lambda s: s.scalars(select(Debtor.id).where(text("1=1) OR (1=1"))).all(),
    "from_statement of text": lambda s: s.scalars(select(Debtor).from_statement(text("SELECT * FROM debtors"))).all(),
    "from_statement of a raw select": lambda s: s.scalars(select(Debtor).from_statement(select(RAW))).all(),
    "table by name": lambda s: s.scalar(select(func.count()).select_from(table("debtors", column("id")))),
    "words before": lambda s: s.scalars(select(Debtor.id).prefix_with("1 UNION SELECT")).all(),
    "words after": lambda s: s.scalars(select(Debtor.id).suffix_with("UNION SELECT id FROM debtors")).all(),
    "connection": lambda s: s.connection().execute(text("SELECT id FROM debtors")).all(),
    "raw select by connection": lambda s: s.connection().execute(select(RAW.c.id)).all(),
    "update by keys alone": lambda s: s.execute(update(Debtor), [{"id": 1, "name": "X"}]),
    "insert that selects": lambda s: s.execute(insert(Debtor).from_select(["id"], select(Debtor.id))),
    "computed creditor": lambda s: s.execute(update(Debtor).values(creditor_id=Debtor.creditor_id + 1)),
    "no creditor named": lambda s: s.execute(insert(Debtor).values(id=1, code="9")),
}


@pytest.mark.parametrize(
    "ask",
    [
        lambda theirs: select(exists(select(Debtor.id).where(theirs))),
        lambda theirs: select(select(Debtor.id).where(theirs).exists()),
        lambda theirs: select(exists().where(theirs)),
        lambda theirs: select(~exists().where(theirs) == literal(False)),
        lambda theirs: select(func.coalesce(select(Debtor.id).where(theirs).scalar_subquery(), 0)),
        lambda theirs: select(case((exists().where(theirs), 1), else_=0)),
        lambda theirs: select(literal(1)).where(exists().where(theirs)),
        lambda theirs: select(exists(select(Debtor.id).where(theirs)), exists().where(theirs)),
    ],
)
def test_whether_anothers_row_exists_is_not_told(two: tuple[int, int], ask: Callable[[Any], Any]) -> None:
    """Refused, or answered with no: on SQLite no second wall stands behind this one."""
    with db.transaction(writes=False) as session:
        scope.enter(two[0])
        try:
            row = session.execute(ask(Debtor.creditor_id == two[1])).first()
        except scope.Unscoped:
            return
    assert row is None or not any(row)


@pytest.mark.parametrize("shape", PAST_THE_SCOPE)
def test_what_would_look_past_the_scope_is_refused(two: tuple[int, int], shape: str) -> None:
    with pytest.raises(scope.Unscoped), db.transaction() as session:
        scope.enter(two[0])
        PAST_THE_SCOPE[shape](session)


@pytest.mark.parametrize("shape", ["literal_column", "text in where", "connection"])
def test_it_is_refused_outside_a_scope_too(two: tuple[int, int], shape: str) -> None:
    with pytest.raises(scope.Unscoped), db.transaction() as session:
        PAST_THE_SCOPE[shape](session)


def test_a_statement_that_writes_another_creditors_row_is_refused(two: tuple[int, int]) -> None:
    values = {"code": "9", "name": "N", "kind": "business", "language": "it", "created_at": clock.now()}
    theirs = {"id": ids.new_id(), "creditor_id": two[1], **values}
    for statement, given in (
        (insert(Debtor).values(**theirs), None),
        (insert(Debtor).values([theirs]), None),
        (insert(Debtor), theirs),
        (update(Debtor).values(creditor_id=two[1]), None),
        (update(Debtor).values({Debtor.creditor_id: two[1]}), None),
        (update(Debtor), {"creditor_id": two[1]}),
    ):
        with pytest.raises(scope.ScopeViolation), db.transaction() as session:
            scope.enter(two[0])
            session.execute(statement, given)


def test_a_statement_that_writes_another_debtors_row_is_refused(house: Settings) -> None:
    creditor = make_creditor()
    one, other = make_account(creditor), make_account(creditor, code="0043", vat_number="IT00000000000")
    with pytest.raises(scope.ScopeViolation), db.transaction() as session:
        scope.enter(creditor.id, one.debtor_id)
        session.execute(update(ContactPoint).values(debtor_id=other.debtor_id))


def test_one_unit_of_work_has_one_scope(two: tuple[int, int]) -> None:
    with db.transaction(writes=False):
        scope.enter(two[0])
        scope.enter(two[0])
        with pytest.raises(scope.ScopeViolation):
            scope.enter(two[1])


def test_a_debtors_scope_sees_that_debtor_alone(house: Settings) -> None:
    creditor = make_creditor()
    one, other = make_account(creditor), make_account(creditor, code="0043", vat_number="IT00000000000")
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id, one.debtor_id)
        assert session.scalars(select(ContactPoint.debtor_id)).all() == [one.debtor_id]
        assert session.get(ContactPoint, other.contact_id) is None


def test_a_get_that_writes_is_stopped(two: tuple[int, int]) -> None:
    with db.transaction(writes=False) as session:
        scope.enter(two[0])
        session.scalars(select(Debtor)).one().name = "Y"
        with pytest.raises(db.WriteWhileReading):
            session.flush()
        session.rollback()
    with db.transaction(writes=False), pytest.raises(db.WriteWhileReading):
        scope.enter(two[0])
        db.changed(update(Debtor).values(name="Z"))
