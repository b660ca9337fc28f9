"""What must hold of interest for any capital, days and payments: pure, hundreds of examples (rules B-50 … B-58)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.core.working_days import working_day_before
from portal.interest import counting, due_dates, rules
from portal.interest.counting import Counted, Pause, Terms
from portal.interest.rates import PERIODS, Regime
from portal.ledger.rules import Line, fold, open_apart

FIRST, LAST = date(2018, 1, 1), date(2026, 6, 30)  # verified throughout, both regimes
DAYS = st.dates(FIRST, LAST)
CAPITAL = st.integers(1, 10_000_000_00).map(lambda minor: Money(minor, "EUR"))
REGIME = st.sampled_from(list(Regime))
DUE = date(2023, 5, 31)
TERMS = Terms(DUE, DUE, Regime.B2B)


def interest(capital: Money, first: date, last: date, regime: Regime) -> int:
    return rules.sum_of(rules.rows(capital, first, last, regime), "EUR").minor


@given(CAPITAL, DAYS, DAYS, st.lists(DAYS, max_size=6), REGIME)
def test_splitting_changes_no_more_than_the_rounding_of_its_rows(
    capital: Money, one: date, other: date, cuts: list[date], regime: Regime
) -> None:
    first, last = sorted((one, other))
    borders = sorted({cut for cut in cuts if first <= cut < last})
    starts = [first, *(cut + timedelta(days=1) for cut in borders)]
    parts = [rules.rows(capital, start, end, regime) for start, end in zip(starts, [*borders, last], strict=True)]
    whole = rules.rows(capital, first, last, regime)
    rows = len(whole) + sum(len(part) for part in parts)
    split = sum(row.amount.minor for part in parts for row in part)
    assert abs(split - rules.sum_of(whole, "EUR").minor) <= rows / 2, "half a cent a row, never more"


@given(CAPITAL, DAYS, DAYS, st.integers(1, 400), REGIME)
def test_more_days_and_more_capital_are_never_less_interest(
    capital: Money, one: date, other: date, more: int, regime: Regime
) -> None:
    first, last = sorted((one, other))
    later = min(LAST, last + timedelta(days=more))
    assert interest(capital, first, later, regime) >= interest(capital, first, last, regime)
    assert interest(capital + Money(more, "EUR"), first, last, regime) >= interest(capital, first, last, regime)


@given(CAPITAL, DAYS, DAYS, st.one_of(st.none(), st.decimals(0, 30, places=2)))
def test_a_consumer_never_pays_more_than_the_legal_rate(
    capital: Money, one: date, other: date, contract: Decimal | None
) -> None:
    first, last = sorted((one, other))
    agreed = rules.rows(capital, first, last, Regime.CONSUMER, contract)
    legal = rules.rows(capital, first, last, Regime.CONSUMER)
    assert all(a.rate <= b.rate and a.amount <= b.amount for a, b in zip(agreed, legal, strict=True))
    assert {row.period for row in agreed} <= set(PERIODS[Regime.CONSUMER]), "never D.Lgs. 231/2002"


def test_231_on_a_consumer_is_refused() -> None:
    with pytest.raises(rules.NotForConsumers):
        rules.regime_of("consumer", Regime.B2B)
    assert rules.regime_of("consumer") is Regime.CONSUMER
    assert rules.regime_of("business") is Regime.B2B
    assert not rules.may_have_costs(rules.regime_of("consumer"))


def test_a_business_has_no_consumers_contract_rate() -> None:
    rows = rules.rows(Money(100_00, "EUR"), date(2024, 1, 1), date(2024, 6, 30), Regime.B2B, Decimal(1))
    assert [row.rate for row in rows] == [Decimal("12.50")]


# A history: when after the due date, what, how much in euro. Value dates from a month before to a year after.
FACT = st.tuples(
    st.integers(-30, 370), st.sampled_from(["payment", "credit_note", "settlement"]), st.integers(1, 4000_00)
)
PAUSES = st.lists(
    st.tuples(st.integers(-5, 300), st.integers(0, 60)).map(
        lambda span: Pause(DUE + timedelta(days=span[0]), DUE + timedelta(days=span[0] + span[1]))
    ),
    max_size=3,
)
CHARGE = Line(date(2023, 5, 1), "invoice", Money(5000_00, "EUR"))
UNTIL = DUE + timedelta(days=400)


def history(drawn: list[tuple[int, str, int]]) -> list[Line]:
    """Facts as the books would hold them: nothing is settled twice."""
    lines, left = [CHARGE], CHARGE.amount.minor
    for days, kind, minor in drawn:
        part = min(minor, left)
        if part:
            lines.append(Line(DUE + timedelta(days=days), kind, Money(-part, "EUR")))
            left -= part
    return lines


def book(lines: list[Line], counted: Counted) -> list[Line]:
    """The lines with what the counting wants booked on top of the interest that they hold."""
    booked = [line for line in lines if line.kind == "interest"]
    wanted = counting.differences(counted.entries, booked)
    return [*lines, *(Line(on, "interest", Money(minor, "EUR")) for on, minor in wanted)]


def total(lines: list[Line]) -> int:
    return sum(line.amount.minor for line in lines if line.kind == "interest")


@given(st.lists(FACT, max_size=5), PAUSES, st.lists(st.integers(1, 400), max_size=5))
def test_whenever_it_runs_it_ends_in_the_same_books(
    drawn: list[tuple[int, str, int]], pauses: list[Pause], runs: list[int]
) -> None:
    """Once at the end, or many times on the way, knowing all from the start or each fact only when it comes."""
    lines = history(drawn)
    once = book(lines, counting.count(lines, TERMS, pauses, UNTIL))
    assert book(once, counting.count(once, TERMS, pauses, UNTIL)) == once, "twice is once"
    often, known = [CHARGE], lines[1:]
    for run in sorted(runs):
        day = DUE + timedelta(days=run)
        often += [line for line in known if line.on <= day and line not in often]
        often = book(often, counting.count(often, TERMS, pauses, day))
    late = [line for line in known if line not in often]
    often = book([*often, *late], counting.count([*often, *late], TERMS, pauses, UNTIL))
    assert total(often) == total(once)
    assert open_apart(often, "EUR") == open_apart(once, "EUR")


@given(st.lists(FACT, max_size=5), PAUSES)
def test_what_is_learned_late_ends_as_if_it_had_been_known(
    drawn: list[tuple[int, str, int]], pauses: list[Pause]
) -> None:
    lines = history(drawn)
    known = book(lines, counting.count(lines, TERMS, pauses, UNTIL))
    unaware = book([CHARGE], counting.count([CHARGE], TERMS, pauses, UNTIL))
    for late in lines[1:]:
        unaware = book([*unaware, late], counting.count([*unaware, late], TERMS, pauses, UNTIL))
    assert open_apart(unaware, "EUR") == open_apart(known, "EUR")
    assert total(unaware) == total(known)


@given(st.lists(FACT, max_size=4), PAUSES, st.integers(-40, 400), st.integers(0, 60))
def test_interest_is_never_negative_and_never_falls_with_time(
    drawn: list[tuple[int, str, int]], pauses: list[Pause], days: int, more: int
) -> None:
    until = DUE + timedelta(days=days)
    lines = [line for line in history(drawn) if line.on <= until and line.kind != "credit_note"]
    now = counting.count(lines, TERMS, pauses, until)
    assert all(minor >= 0 for _, minor in now.entries)
    assert now.total_minor <= counting.count(lines, TERMS, pauses, until + timedelta(days=more)).total_minor
    if until <= DUE:
        assert now == Counted(), "nothing before due (rule B-58)"


@given(st.lists(FACT, max_size=4), PAUSES)
def test_no_day_counts_twice_nor_while_it_is_contested(
    drawn: list[tuple[int, str, int]], pauses: list[Pause]
) -> None:
    rows = counting.count(history(drawn), TERMS, pauses, UNTIL).rows
    days = [row.first + timedelta(days=n) for row in rows for n in range(row.days)]
    assert len(days) == len(set(days))
    paused = {pause.first + timedelta(days=n) for pause in pauses for n in range((pause.last - pause.first).days + 1)}
    assert not paused & set(days)
    assert all(DUE < day <= UNTIL for day in days)


@given(st.integers(1, 300), st.integers(100, 10_000_00))
def test_no_interest_on_interest(days: int, minor: int) -> None:
    """B-52: what was booked and stands unpaid bears nothing."""
    charge = Line(date(2023, 5, 1), "invoice", Money(minor, "EUR"))
    lines = [charge]
    for day in range(1, days, 20):
        lines = book(lines, counting.count(lines, TERMS, (), DUE + timedelta(days=day)))
    counted = counting.count(lines, TERMS, (), DUE + timedelta(days=days))
    expected = rules.late_interest(charge.amount, DUE, DUE + timedelta(days=days), Regime.B2B)
    assert counted.total_minor == rules.sum_of(expected, "EUR").minor


@given(st.integers(2, 300), st.integers(10_00, 100_000_00))
def test_who_pays_what_was_shown_a_bank_day_before_is_done(days: int, minor: int) -> None:
    charge, paid_on = Line(date(2023, 5, 1), "invoice", Money(minor, "EUR")), DUE + timedelta(days=days)
    shown_through = working_day_before(paid_on) - timedelta(days=1)
    assume(shown_through > DUE)
    shown = minor + counting.count([charge], TERMS, (), shown_through).total_minor
    lines = [charge, Line(paid_on, "payment", Money(-shown, "EUR"))]
    assert fold(book(lines, counting.count(lines, TERMS, (), UNTIL))).total == 0
    short = [charge, Line(paid_on, "payment", Money(-shown + 1, "EUR"))]
    assert fold(book(short, counting.count(short, TERMS, (), UNTIL))).total > 0


def test_late_is_what_is_open_after_the_effective_date() -> None:
    """A Sunday: paid on Monday it is in time and bears nothing; later, interest counts from the Sunday."""
    sunday, monday = date(2024, 3, 31), date(2024, 4, 2)  # Easter and its Monday
    terms = Terms(sunday, due_dates.last_day(sunday), Regime.B2B)
    assert terms.effective_on == monday
    in_time = [CHARGE, Line(monday, "payment", Money(-5000_00, "EUR"))]
    assert counting.count(in_time, terms, (), UNTIL).total_minor == 0
    assert counting.late_from(in_time, monday, (), UNTIL) is None
    late = counting.count([CHARGE], terms, (), monday + timedelta(days=1))
    assert late.rows[0].first == sunday + timedelta(days=1)
    assert counting.late_from([CHARGE], monday, (), UNTIL) == monday + timedelta(days=1)
    back = [*in_time, Line(date(2024, 4, 20), "payment_bounced", Money(5000_00, "EUR"))]
    counted = counting.count(back, terms, (), date(2024, 4, 30))
    assert [(row.first, row.days) for row in counted.rows] == [(date(2024, 4, 21), 10)]
    assert counting.late_from(back, monday, (), UNTIL) == date(2024, 4, 21)


def test_counting_stops_before_the_first_unverified_day() -> None:
    due = date(2026, 5, 31)
    counted = counting.count([CHARGE], Terms(due, due, Regime.B2B), (), date(2026, 11, 20))
    assert counted.waits_from == date(2026, 7, 1)
    assert [row.last for row in counted.rows] == [date(2026, 6, 30)]
    paid = Line(date(2026, 6, 10), "payment", Money(-6000_00, "EUR"))
    assert counting.count([CHARGE, paid], Terms(due, due, Regime.B2B), (), date(2026, 11, 20)).waits_from is None
