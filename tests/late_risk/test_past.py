"""What was known on a day, and nothing of after it: whatever the future holds, the past reads the same."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.late_risk.past import Owed, in_time
from portal.late_risk.rules import Everyone, Past

FIRST = date(2025, 1, 1)


def owed(who: str, issued: int, due: int, settled: int | None, amount: int = 1000, currency: str = "EUR") -> Owed:
    """Days are counted from FIRST."""
    day = FIRST + timedelta(days=1)
    last = None if settled is None else day + timedelta(days=settled)
    return Owed(who, currency, amount, day + timedelta(days=issued), day + timedelta(days=due), last)


def test_what_was_settled_before_counts_and_what_is_open_and_late_is_told_apart() -> None:
    rows = [
        owed("a", 0, 30, 20, 1000),
        owed("a", 1, 31, 45, 3000),
        owed("a", 5, 35, None, 500),
        owed("b", 5, 35, 30),
        owed("a", 50, 80, 60, 700),
    ]
    found = list(in_time(rows))[-1]
    assert found.facts.past == Past(2, 1, 4, 14, 4000, (True, False), 1)
    assert found.facts.everyone == Everyone(3, 1)
    assert found.facts.past.usual_minor == 2000


def test_what_is_settled_on_the_day_of_issue_itself_is_not_known_yet() -> None:
    found = list(in_time([owed("a", 0, 30, 40), owed("a", 40, 70, 50)]))[-1]
    assert (found.facts.past.items, found.facts.past.open_late) == (0, 1)


def test_other_customers_and_other_currencies_are_not_this_one() -> None:
    rows = [owed("a", 0, 30, 10), owed("b", 0, 30, 10), owed("a", 0, 30, 10, currency="CHF"), owed("a", 40, 70, 60)]
    assert list(in_time(rows))[-1].facts.past.items == 1


items = st.lists(
    st.builds(
        owed,
        who=st.sampled_from("abc"),
        issued=st.integers(0, 200),
        due=st.integers(200, 260),
        settled=st.none() | st.integers(200, 400),
        amount=st.integers(1, 10_000),
    ),
    max_size=30,
)


@given(rows=items, day=st.integers(0, 400))
def test_the_future_never_leaks(rows: list[Owed], day: int) -> None:
    """Whatever is issued or paid from a day on, what was known of the items of before that day stays the same."""
    cut = FIRST + timedelta(days=day)
    changed = [
        Owed(one.who, one.currency, one.amount_minor, one.issued_on, one.due_on,
             None if one.settled_on is not None and one.settled_on >= cut else one.settled_on)
        for one in rows
        if one.issued_on <= cut
    ]  # fmt: skip
    seen = {id_of: facts for id_of, facts in _known(rows) if id_of[0] <= cut}
    assert dict(_known(changed)) == seen


def _known(rows: list[Owed]) -> list[tuple[tuple[date, int], object]]:
    """By issue and place: two of the same day are told apart by their order."""
    return [((one.item.issued_on, place), one.facts) for place, one in enumerate(in_time(rows))]


def test_an_outcome_is_known_once_it_is_paid_or_past_due() -> None:
    row = owed("a", 0, 30, 50)
    day = row.issued_on
    assert [row.late_by(day + timedelta(days=n)) for n in (10, 30, 31, 60)] == [None, None, True, True]
    punctual = owed("a", 0, 30, 20)
    assert [punctual.late_by(day + timedelta(days=n)) for n in (20, 21)] == [None, False]
