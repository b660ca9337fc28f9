"""Lists by cursor: every row once, in order, with ties and with rows that come and go; a made-up cursor is none."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from portal.core import clock, db, ids, scope
from portal.debtors.models import Debtor, LinkTrace
from portal.settings import Settings
from portal.web import paging
from tests.factories.world import Account, make_account

ID = st.integers(min_value=1, max_value=2**63 - 1)
VALUE = st.one_of(
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=40),
)


@given(VALUE, ID)
def test_what_is_written_is_read(value: Any, row_id: int) -> None:
    cursor = paging.write_cursor(value, row_id)
    assert paging.read_cursor(cursor) == (value, row_id)
    assert type(paging.read_cursor(cursor)[0]) is type(value)  # type: ignore[index]
    assert cursor.isascii()
    assert "=" not in cursor


def made_up(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


MADE_UP = [
    None, "", "x", "=", "é", "A" * 500, "null", base64.urlsafe_b64encode(b"\xff\xfe").decode(), made_up(),
    made_up("v", 1),
    made_up("v", 1, 2, 3), made_up("x", 1, 2), made_up("v", 1, "2"), made_up("v", 1, 2.0), made_up("v", 1, True),
    made_up("v", 1, 0),
    made_up("v", 1, -5), made_up("v", 1, 2**63), made_up("v", 10**30, 2), made_up("v", None, 2), made_up("v", [1], 2),
    made_up("v", {"a": 1}, 2), made_up("v", 1.5, 2), made_up("v", True, 2), made_up("v", "a\x00b", 2), made_up("v",
    "\ud800", 2),
    made_up("d", "2026-13-01", 2), made_up("d", 5, 2), made_up("d", None, 2), made_up("t", "2026-11-21T10:00:00",
    2), made_up("t", "x", 2),
    made_up(["v"], 1, 2), base64.urlsafe_b64encode(b"[" * 200).decode(),
    base64.urlsafe_b64encode(b'{"v":1}').decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", MADE_UP)
def test_a_cursor_that_nobody_wrote_is_none(cursor: str | None) -> None:
    assert paging.read_cursor(cursor) is None


@given(st.text(max_size=60))
def test_no_text_is_an_error(cursor: str) -> None:
    found = paging.read_cursor(cursor)
    assert found is None or len(found) == 2


@pytest.fixture
def account(house: Settings) -> Account:
    """One creditor with 130 debtors whose names come in few kinds, and a trace for each at one of few moments."""
    made = make_account()
    start = clock.now().replace(microsecond=0)
    with db.transaction() as session:
        scope.enter(made.creditor_id)
        rows = [
            {
                "id": row_id, "creditor_id": made.creditor_id, "code": str(number), "name": f"N{number % 7}",
                "kind": "business",
                "language": "it", "created_at": start,
            }
            for number, row_id in enumerate(ids.new_ids(129))
        ]  # fmt: skip
        session.execute(insert(Debtor), rows)
        for number in range(120):
            session.add(
                LinkTrace(
                    id=ids.new_id(), debtor_id=made.debtor_id, link_id=1, kind="fetched", client=None,
                    at=start + timedelta(minutes=number % 5),
                )
            )  # fmt: skip
    return made


def walk(account: Account, model: Any, column: Any, *, down: bool) -> list[tuple[Any, int]]:
    found: list[tuple[Any, int]] = []
    cursor: str | None = None
    for _ in range(10):
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            statement = paging.after(
                select(column, model.id), column.expression, model.id.expression, cursor, down=down
            )
            page = paging.page(session.execute(statement).all(), lambda row: (row[0], row[1]))
        assert len(page.rows) <= paging.PAGE_SIZE
        found += [(row[0], row[1]) for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("it never ends")


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize(
    ("model", "column", "count"),
    [(Debtor, Debtor.name, 130), (Debtor, Debtor.id, 130), (LinkTrace, LinkTrace.at, 120)],
    ids=["text", "id", "instant"],
)
def test_every_row_comes_once_and_in_order(account: Account, model: Any, column: Any, count: int, down: bool) -> None:
    found = walk(account, model, column, down=down)
    assert len(found) == len(set(found)) == count
    assert found == sorted(found, reverse=down)


def test_a_cursor_of_another_list_starts_from_the_front_and_is_no_error(account: Account) -> None:
    """Somebody carries the cursor of one list into the address of another, or makes one up."""
    cursors = [
        *MADE_UP, *(paging.write_cursor(value, 5) for value in (1, "x", date(2026, 1, 1), datetime.now(UTC))),
        made_up("d", "0001-01-01", 1), made_up("t", "9999-12-31T23:59:59+00:00", 1),
    ]  # fmt: skip
    for column in (Debtor.name, Debtor.created_at):
        for cursor in cursors:
            with db.transaction(writes=False) as session:
                scope.enter(account.creditor_id)
                statement = paging.after(
                    select(Debtor.id), column.expression, Debtor.id.expression, cursor, down=False
                )
                rows = session.execute(statement).all()
            assert len(rows) <= paging.PAGE_SIZE + 1


def test_a_cursor_shows_nothing_that_the_scope_does_not(account: Account) -> None:
    cursor = paging.write_cursor("", 1)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id + 1)
        statement = paging.after(select(Debtor.id), Debtor.name.expression, Debtor.id.expression, cursor, down=False)
        assert session.execute(statement).all() == []
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalar(select(func.count(Debtor.id))) == 130


def test_the_last_full_page_offers_no_further_one(account: Account) -> None:
    rows = list(range(paging.PAGE_SIZE))
    assert paging.page(rows, lambda row: (row, row)).next_cursor is None
    assert paging.page([], lambda row: (row, row)) == paging.Page([], None)
    longer = paging.page([*rows, 99], lambda row: (row + 1, row + 1))
    assert len(longer.rows) == paging.PAGE_SIZE
    assert paging.read_cursor(longer.next_cursor) == (paging.PAGE_SIZE, paging.PAGE_SIZE)
