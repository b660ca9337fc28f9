"""What the portal may agree by itself, for any policy and any debt: inside the bounds, and nothing more from a consumer."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.plans import policies, rules, schedules
from portal.plans.actions import Room
from portal.plans.policies import Policy, Version
from portal.plans.rules import Standing, Wish
from portal.plans.schedules import EVERY
from portal.web import i18n

TODAY = date(2026, 11, 22)
DEBT = st.integers(1, 5_000_000_00).map(lambda minor: Money(minor, "EUR"))
POLICY = st.builds(
    Policy,
    most_instalments=st.integers(1, 200),
    longest_days=st.integers(0, 3660),
    least_minor=st.integers(1, 1_000_00),
    down_percent=st.integers(0, 99),
    first_days=st.integers(0, 365),
    every=st.lists(st.sampled_from(EVERY), unique=True).map(tuple),
    interest_percent=st.decimals(0, 30, places=2).map(str),
    from_minor=st.integers(1, 10_000_00),
    up_to_minor=st.one_of(st.just(0), st.integers(1, 5_000_000_00)),
    most_broken=st.integers(0, 9),
)
WISH = st.builds(
    Wish,
    instalments=st.integers(-2, 200),
    first_on=st.integers(-40, 500).map(lambda days: TODAY + timedelta(days=days)),
    every=st.sampled_from(EVERY),
    down=st.one_of(st.none(), DEBT),
)
KIND = st.sampled_from([policies.BUSINESS, policies.CONSUMER])


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use("en")


def room(policy: Policy, kind: str, debt: Money, *, licensed: bool = False, **known: Any) -> Room:
    large = {policies.BUSINESS: 10_000_00, policies.CONSUMER: 3_000_00}
    version = Version(1, dict.fromkeys(policies.SEGMENTS, policy), large, licensed)
    return Room(version, version.segment(kind, debt), [], Standing(debt, **known), TODAY)


@given(POLICY, DEBT)
def test_every_choice_is_inside(policy: Policy, debt: Money) -> None:
    found = rules.choices(policy, debt, TODAY)
    assert len(found) <= 3
    assert [one.instalments for one in found] == sorted({one.instalments for one in found})
    for wish in found:
        assert rules.why_outside(policy, debt, wish, TODAY) is None
        schedule = rules.made(debt, wish, TODAY, None)
        assert schedule.total == debt
        assert 2 <= wish.instalments <= policy.most_instalments
        assert min(row.amount.minor for row in schedule.instalments) >= policy.least_minor
        assert TODAY <= schedule.first_on <= TODAY + timedelta(days=policy.first_days)
        assert schedule.last_on <= TODAY + timedelta(days=policy.longest_days)
        assert (schedule.down or Money(0, "EUR")) >= schedules.part_of(debt, Decimal(policy.down_percent))
        assert wish.every in policy.every


@given(POLICY, DEBT, WISH)
def test_what_is_inside_keeps_every_bound_and_what_nobody_could_agree_is_outside(
    policy: Policy, debt: Money, wish: Wish
) -> None:
    outside = rules.why_outside(policy, debt, wish, TODAY)
    nobody = rules.why_no_schedule(debt, wish, TODAY)
    if nobody is not None:
        assert outside is not None
    if outside is None:
        schedule = rules.made(debt, wish, TODAY, None)
        assert schedule.total == debt
        assert schedule.rows[0].due_on >= TODAY
        assert wish.instalments <= policy.most_instalments
        assert schedule.last_on <= TODAY + timedelta(days=policy.longest_days)


def test_a_rhythm_that_does_not_fit_gives_way_to_one_that_does() -> None:
    policy = Policy(longest_days=20, first_days=0, every=("month", "week"))
    found = rules.choices(policy, Money(300_00, "EUR"), TODAY)
    assert [(one.instalments, one.every) for one in found] == [(2, "week"), (3, "week")]


@given(POLICY, DEBT, WISH, st.booleans())
def test_a_consumer_pays_nothing_more_than_the_debt(policy: Policy, debt: Money, wish: Wish, licensed: bool) -> None:
    """Rule B-75, whatever the policy says; and who is licensed, or a company, pays what was agreed and no more."""
    assume(rules.why_no_schedule(debt, wish, TODAY) is None)
    schedule, interest = room(policy, policies.CONSUMER, debt, licensed=False).schedule(wish)
    assert (schedule.total, interest.minor) == (debt, 0)
    for kind in (policies.CONSUMER, policies.BUSINESS):
        schedule, interest = room(policy, kind, debt, licensed=licensed).schedule(wish)
        assert schedule.total == debt + interest
        if kind == policies.BUSINESS or licensed:
            assert interest == rules.interest(debt, rules.made(debt, wish, TODAY, None), policy.interest, TODAY)
        else:
            assert not interest


@given(POLICY, DEBT, KIND)
def test_interest_is_of_the_segment_that_decides(policy: Policy, debt: Money, kind: str) -> None:
    found = room(policy, kind, debt)
    large = found.version.large_from[kind]
    assert found.segment == (f"{kind}_large" if debt.minor >= large else kind)
    assert found.version.interest_of(found.segment) == (policy.interest if kind == policies.BUSINESS else 0)


def test_interest_is_on_what_is_left_each_row_rounded() -> None:
    """10,000.00 at 10 per cent: 30 days on all of it, 31 on two thirds, 31 on one third."""
    debt = Money(1_000_000, "EUR")
    schedule = schedules.spread(debt, 3, date(2026, 12, 22))
    rows = [
        Decimal("10000.00") * 10 * 30 / 36500,
        Decimal("6666.66") * 10 * 31 / 36500,
        Decimal("3333.33") * 10 * 31 / 36500,
    ]
    assert [f"{row:.2f}" for row in rows] == ["82.19", "56.62", "28.31"]
    assert rules.interest(debt, schedule, Decimal(10), TODAY).plain == "167.12"


def test_half_a_cent_goes_up_and_a_down_payment_bears_nothing() -> None:
    """73.00 for 1 day at 2.5 per cent is 0.005."""
    debt = Money(73_00, "EUR")
    one_day = schedules.spread(debt, 1, TODAY + timedelta(days=1))
    assert rules.interest(debt, one_day, Decimal("2.5"), TODAY).minor == 1
    assert rules.interest(Money(72_99, "EUR"), one_day, Decimal("2.5"), TODAY).minor == 0
    down = schedules.spread(Money(146_00, "EUR"), 1, TODAY + timedelta(days=1), down=debt, down_on=TODAY)
    assert rules.interest(Money(146_00, "EUR"), down, Decimal("2.5"), TODAY).minor == 1


@given(DEBT, st.decimals(0, 30, places=2), st.integers(1, 60))
def test_interest_is_close_to_what_it_is_without_rounding(debt: Money, percent: Decimal, count: int) -> None:
    assume(debt.minor >= count)
    schedule = schedules.spread(debt, count, TODAY + timedelta(days=30))
    found = rules.interest(debt, schedule, percent, TODAY).minor
    left, before, exact = debt.minor, TODAY, Decimal(0)
    for row in schedule.rows:
        exact += Decimal(left) * percent * (row.due_on - before).days / 36500
        left, before = left - row.amount.minor, row.due_on
    assert abs(found - exact) <= Decimal(count) / 2
    assert found >= 0


@pytest.mark.parametrize(
    ("known", "here", "person"),
    [
        ({}, "", ""),
        ({"contested": True}, "looked into", ""),
        ({"time_barred": True, "contested": True}, "so old", ""),
        ({"represented": True}, "speaks for you", ""),
        ({"asked": True}, "proposed something", ""),
        ({"agreed": True}, "stands already", ""),
        ({"paying": True}, "payment of it is open", ""),
        ({"other_currency": True}, "another currency", ""),
        ({"resting": True}, "", "it is hard just now"),
        ({"broken": 1}, "", ""),
        ({"broken": 2}, "", "did not work out"),
    ],
)
def test_why_not_here_and_why_a_person(known: dict[str, Any], here: str, person: str) -> None:
    """Refused on the page, or looked at by a person: never both silent and without a choice."""
    found = room(Policy(), policies.BUSINESS, Money(600_00, "EUR"), **known)
    not_here, by_person = rules.why_not_here(Policy(), found.standing), rules.why_a_person(Policy(), found.standing)
    assert (here in i18n.say(not_here)) if not_here is not None else not here
    assert (person in i18n.say(by_person)) if by_person is not None else not person
    assert bool(found.choices()) is (not here and not person)


def test_amounts_outside() -> None:
    policy = Policy(from_minor=100_00, up_to_minor=1000_00)
    ours = [Standing(Money(minor, "EUR")) for minor in (99_99, 100_00, 1000_00, 1000_01)]
    assert [rules.why_not_here(policy, one) is None for one in ours] == [False, True, True, True]
    assert [rules.why_a_person(policy, one) is None for one in ours] == [True, True, True, False]
    assert rules.why_a_person(replace(policy, up_to_minor=0), ours[3]) is None
    assert rules.why_a_person(replace(policy, most_instalments=1), ours[1]) is not None


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(7, TODAY, "month"), "Up to 6 instalments"),
        (Wish(3, TODAY, "week"), "rhythm"),
        (Wish(3, TODAY + timedelta(days=31), "month"), "22 December 2026 at the latest"),
        (Wish(3, TODAY - timedelta(days=1), "month"), "first day is over"),
        (Wish(3, TODAY, "month", Money(9_99, "EUR")), "€10.00 are paid at the beginning"),
        (Wish(3, TODAY, "month"), "€10.00 are paid at the beginning"),
        (Wish(3, TODAY, "month", Money(100_00, "EUR")), "less than the whole"),
        (Wish(6, TODAY, "month", Money(10_00, "EUR")), "An instalment is at least €20.00"),
        (Wish(4, TODAY, "month", Money(10_00, "EUR")), "paid by 20 February 2027"),
        (Wish(3, TODAY, "month", Money(10_00, "EUR")), ""),
    ],
)
def test_the_words_say_what_would_be_inside(wish: Wish, said: str) -> None:
    policy = Policy(least_minor=20_00, down_percent=10, longest_days=90)
    found = rules.why_outside(policy, Money(100_00, "EUR"), wish, TODAY)
    assert (said in i18n.say(found)) if found is not None else not said


def test_an_instalment_moves_once_by_so_many_days() -> None:
    policy, due = Policy(move_days=14), TODAY + timedelta(days=3)
    assert rules.why_not_move(policy, due, None, due + timedelta(days=14), TODAY) is None
    for refused in (
        rules.why_not_move(policy, due, None, due + timedelta(days=15), TODAY),
        rules.why_not_move(policy, due, None, due, TODAY),
        rules.why_not_move(policy, due, due, due + timedelta(days=1), TODAY),
        rules.why_not_move(policy, TODAY - timedelta(days=1), None, TODAY + timedelta(days=3), TODAY),
        rules.why_not_move(replace(policy, move_days=0), due, None, due + timedelta(days=1), TODAY),
    ):
        assert refused is not None


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 100), st.integers(0, 100)), max_size=8))
def test_the_first_missed_is_the_oldest(rows: list[tuple[int, int, int]]) -> None:
    dated = sorted((TODAY + timedelta(days=days), amount, paid) for days, amount, paid in rows)
    missed = [day for day, amount, paid in dated if day < TODAY and paid < amount]
    assert rules.first_missed(dated, TODAY) == (missed[0] if missed else None)
