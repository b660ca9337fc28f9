"""The score: from nought to a hundred, readable, and each thing that is known moves it the way that its words say."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.late_risk import rules
from portal.late_risk.rules import Answer, Code, Everyone, Facts, Level, Past, Since, score

ISSUED, DUE = date(2026, 3, 2), date(2026, 4, 10)
EVERYONE = Everyone(1000, 300)
PUNCTUAL = Past(items=20, late=1, margin_days=-100, amount_minor=20 * 10_000, recent=(False,) * 5)
LATE = Past(
    items=20, late=17, margin_days=300, days_late=320, amount_minor=20 * 10_000, recent=(True,) * 5, open_late=2
)


def facts(past: Past = PUNCTUAL, *, amount: int = 10_000, due: date = DUE, since: Since | None = None) -> Facts:
    return Facts(amount, ISSUED, due, past, EVERYONE, since or Since())


def codes(of: Facts) -> dict[Code, int]:
    return {one.code: one.points for one in score(of).reasons}


def test_who_was_late_is_expected_to_be_late() -> None:
    assert (score(facts(PUNCTUAL)).level, score(facts(LATE)).level) == (Level.LOW, Level.HIGH)


def test_who_has_paid_nothing_yet_starts_where_all_customers_are() -> None:
    found = score(facts(Past()))
    assert found.percent == rules.everyone_percent(EVERYONE) == 29
    assert [one.code for one in found.reasons] == [Code.FIRST]


def test_the_reasons_carry_their_figures_and_the_heaviest_comes_first() -> None:
    found = score(facts(LATE))
    assert str(found.reasons[0].text) == "Of 20 paid so far, 17 came late."
    weights = [abs(one.points) for one in found.reasons]
    assert weights == sorted(weights, reverse=True)
    assert "Others of theirs that are open and late: 2." in [str(one.text) for one in found.reasons]


@pytest.mark.parametrize(
    ("since", "code", "up"),
    [
        (Since(unanswered_days=5), Code.UNANSWERED, True),
        (Since(unanswered_days=9, answer=Answer.FINE), Code.FINE, False),
        (Since(answer=Answer.NOT_FINE), Code.NOT_FINE, True),
        (Since(will_pay_on=date(2026, 4, 20)), Code.WILL_PAY_LATE, True),
        (Since(moved=1), Code.MOVED, True),
        (Since(broken=1), Code.BROKEN, True),
    ],
)
def test_what_happened_since_moves_it(since: Since, code: Code, up: bool) -> None:
    middle = replace(PUNCTUAL, late=7)
    before, after = score(facts(middle)).percent, score(facts(middle, since=since)).percent
    assert (after > before) is up
    assert after != before
    assert (codes(facts(middle, since=since))[code] > 0) is up


@pytest.mark.parametrize("since", [Since(unanswered_days=4), Since(will_pay_on=DUE)])
def test_what_says_nothing_moves_nothing(since: Since) -> None:
    assert score(facts(since=since)) == score(facts())


def test_season_and_amount_are_said_only_where_they_are_there() -> None:
    assert Code.AUGUST not in codes(facts())
    assert codes(facts(due=date(2026, 8, 10)))[Code.AUGUST] > 0
    assert codes(facts(due=date(2026, 12, 10)))[Code.DECEMBER] > 0
    assert Code.AMOUNT not in codes(facts())
    assert codes(facts(LATE, amount=20_000))[Code.AMOUNT] > 0
    assert codes(facts(LATE, amount=5_000))[Code.AMOUNT] < 0


def test_a_month_ends_within_its_last_five_days() -> None:
    assert [rules.is_month_end(date(2026, 2, day)) for day in (23, 24, 28)] == [False, True, True]


days = st.integers(-40, 120)
pasts = st.integers(0, 50).flatmap(
    lambda items: st.builds(
        Past,
        items=st.just(items),
        late=st.integers(0, items),
        margin_days=st.integers(-40 * items, 120 * items),
        days_late=st.integers(0, 120 * items),
        amount_minor=st.integers(items, 10**6 * max(1, items)),
        recent=st.lists(st.booleans(), max_size=min(5, items)).map(tuple),
        open_late=st.integers(0, 9),
    )
)


@given(
    past=pasts,
    amount=st.integers(1, 10**9),
    due=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    since=st.builds(
        Since,
        unanswered_days=st.integers(0, 90),
        answer=st.none() | st.sampled_from(Answer),
        will_pay_on=st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        moved=st.integers(0, 9),
        broken=st.integers(0, 9),
    ),
)
def test_it_is_always_a_share_with_a_reason(past: Past, amount: int, due: date, since: Since) -> None:
    found = score(facts(past, amount=amount, due=due, since=since))
    assert rules.LEAST <= found.percent <= rules.MOST
    assert found.reasons
    assert all(str(one.text) for one in found.reasons)


@given(past=pasts.filter(lambda past: past.late < past.items))
def test_one_more_that_came_late_never_lowers_where_it_starts(past: Past) -> None:
    worse = replace(past, late=past.late + 1)
    assert rules.own_percent(facts(worse)) >= rules.own_percent(facts(past))


def test_no_page_letter_or_message_for_customers_knows_of_it() -> None:
    """Only the creditor's own side imports it: never a debtor's page, an offer, a notice or a message."""
    root = Path(__file__).resolve().parents[2] / "portal"
    known = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if "late_risk" in path.read_text()}
    known = {path for path in known if not path.startswith("late_risk/")}
    assert known == {
        "background.py", "commands/predict.py", "features.py", "inbox/debtor_card_pages.py", "inbox/invoice_pages.py",
        "reminders/deciding.py", "reminders/reading.py",
    }  # fmt: skip
    templates = root.parent / "templates"
    assert [path.name for path in templates.rglob("*") if path.is_file() and "late_risk" in path.read_text()] == []
