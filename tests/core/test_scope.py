"""The scope over many shapes of query: no shape may show another creditor's row (house.md §6)."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, exists, func, insert, literal, select, text, union_all, update
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


def test_raw_tables_and_text_are_refused(two: tuple[int, int]) -> None:
    with db.transaction(writes=False) as session:
        scope.enter(two[0])
        with pytest.raises(scope.Unscoped):
            session.execute(select(Debtor.__table__.c.id))
        with pytest.raises(scope.Unscoped):
            session.execute(text("SELECT count(*) FROM debtors"))


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
