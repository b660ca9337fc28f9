"""Where an amount goes: the oldest first, never above what is open, interest and costs before capital (B-11)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.creditors.faces import Face
from portal.invoices.payable import Line, allocate, payable_now, proposed
from portal.ledger import rules as ledger
from portal.payments import rules
from tests.payments.test_payable import ITEM

DAY = date(2026, 11, 22)
AMOUNTS = st.lists(st.tuples(st.integers(1, 10**7), st.integers(-400, 400)), min_size=1, max_size=12)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def line(number: int, minor: int, days: int) -> Line:
    item = replace(ITEM, item_id=number, open=euro(minor), amount=euro(minor), due_on=DAY + timedelta(days=days))
    return Line(item, euro(minor))


@st.composite
def asked(draw: st.DrawFn) -> tuple[list[Line], Money]:
    lines = [line(number, minor, days) for number, (minor, days) in enumerate(draw(AMOUNTS), start=1)]
    return lines, euro(draw(st.integers(1, sum(one.amount.minor for one in lines))))


@given(asked())
def test_every_cent_goes_somewhere_and_nowhere_too_much(case: tuple[list[Line], Money]) -> None:
    lines, amount = case
    parts = allocate(lines, amount)
    assert sum(one.amount.minor for one in parts) == amount.minor
    open_of = {one.item.item_id: one.amount for one in lines}
    assert all(euro(0) < one.amount <= open_of[one.item.item_id] for one in parts)
    assert len({one.item.item_id for one in parts}) == len(parts)


@given(asked())
def test_the_oldest_is_full_before_the_next_gets_anything(case: tuple[list[Line], Money]) -> None:
    lines, amount = case
    order = sorted(lines, key=lambda one: (one.item.due_on, one.item.item_id))
    parts = allocate(lines, amount)
    assert [one.item.item_id for one in parts] == [one.item.item_id for one in order[: len(parts)]]
    assert all(one.amount == order[place].amount for place, one in enumerate(parts[:-1]))


@given(asked())
def test_the_order_in_which_they_come_does_not_matter(case: tuple[list[Line], Money]) -> None:
    lines, amount = case
    assert allocate(lines, amount) == allocate(list(reversed(lines)), amount)


@pytest.mark.parametrize("minor", [0, -1, 3001])
def test_what_the_due_items_do_not_take_is_refused(minor: int) -> None:
    lines = [line(1, 1000, 0), line(2, 2000, 1)]
    with pytest.raises(ValueError):
        allocate(lines, euro(minor))
    assert sum(one.amount.minor for one in allocate(lines, euro(3000))) == 3000


@given(
    capital=st.integers(1, 10**7),
    interest=st.integers(0, 10**5),
    costs=st.sampled_from([0, 4000]),
    share=st.floats(0, 1),
)
def test_interest_and_costs_come_before_capital(capital: int, interest: int, costs: int, share: float) -> None:
    """Art. 1194 c.c.: what is open is made of, and what a part of it goes to."""
    made_of = [ledger.Line(DAY - timedelta(days=90), ledger.CHARGE, euro(capital))]
    made_of += [ledger.Line(DAY - timedelta(days=1), ledger.INTEREST, euro(interest))] if interest else []
    made_of += [ledger.Line(DAY - timedelta(days=60), ledger.COSTS, euro(costs))] if costs else []
    part = euro(max(1, round((capital + interest + costs) * share)))
    taken = rules.taken(made_of, part, DAY)
    assert taken.total == part
    assert all(one.minor >= 0 for one in (taken.capital, taken.interest, taken.costs))
    if taken.capital:
        assert (taken.interest, taken.costs) == (euro(interest), euro(costs))


def test_what_is_due_is_proposed_and_what_is_contested_or_announced_stays_out() -> None:
    items = [
        replace(ITEM, item_id=1, due_on=DAY - timedelta(days=3)),
        replace(ITEM, item_id=2, due_on=DAY),
        replace(ITEM, item_id=3, due_on=DAY + timedelta(days=1)),
        replace(ITEM, item_id=4, due_on=DAY - timedelta(days=9), resting_minor=ITEM.open.minor),
        replace(ITEM, item_id=5, due_on=DAY - timedelta(days=9), resting_minor=10**9),
        replace(ITEM, item_id=6, due_on=DAY - timedelta(days=9), resting_minor=ITEM.open.minor + 1),
        replace(ITEM, item_id=7, due_on=DAY - timedelta(days=9), reserved_by=9),
    ]
    assert [one.item.item_id for one in proposed(payable_now(items), DAY)] == [1, 2]
    early = [item for item in items if item.due_on > DAY or item.item_id > 3]
    assert [one.item.item_id for one in proposed(payable_now(early), DAY)] == [3]
    assert proposed(payable_now(items[3:]), DAY) == ()


def face(**values: object) -> Face:
    known = dict.fromkeys(Face.__slots__)
    return Face(**{**known, "currency": "EUR", "display_name": "Rossi", "partial_payments": True,
                   "least_partial_minor": 1000, **values})  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    ("minor", "allowed", "taken"),
    [
        (999, True, False),
        (1000, True, True),
        (4999, True, True),
        (5000, True, True),
        (5001, True, False),
        (1000, False, False),
        (5000, False, True),
        (5001, False, False),
    ],
)
def test_the_creditors_policy_bounds_a_part(minor: int, allowed: bool, taken: bool) -> None:
    why_not = rules.why_not_part(face(partial_payments=allowed), euro(minor), euro(5000))
    assert (why_not is None) is taken


def test_a_small_rest_has_no_parts() -> None:
    assert rules.least_part(face(), euro(1000)) is None
    assert rules.why_not_part(face(), euro(1000), euro(1000)) is None
    assert rules.least_part(face(), euro(1001)) == euro(1000)
