"""The retry table, jitter, Retry-After and what an answer means, without a database (rule D-21)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.webhooks import rules

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def test_the_table_is_the_standards() -> None:
    hours = [timedelta(hours=h) for h in (2, 5, 10, 14, 20, 24)]
    quick = [timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
    assert list(rules.DELAYS) == [*quick, *hours]
    assert sum(rules.DELAYS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@given(st.integers(0, 9), st.floats(0, 1))
def test_jitter_only_ever_adds_a_little(made: int, spread: float) -> None:
    at = rules.next_try(made, NOW, spread)
    assert at is not None
    assert rules.DELAYS[made] <= at - NOW <= rules.DELAYS[made] * 1.1 + timedelta(microseconds=1)


def test_after_ten_attempts_there_is_none() -> None:
    assert rules.next_try(10, NOW, 0) is None
    assert rules.next_try(11, NOW, 0, retry_after=5) is None


def test_an_endpoint_gets_the_time_it_asks_for_up_to_a_day() -> None:
    assert rules.next_try(1, NOW, 0, retry_after=90) == NOW + timedelta(seconds=90)
    assert rules.next_try(4, NOW, 0, retry_after=90) == NOW + timedelta(hours=2), "never sooner than the table"
    assert rules.next_try(1, NOW, 0, retry_after=999_999_999) == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "made"), (204, "made"), (299, "made"), (410, "gone")]
    + [(status, "again") for status in (None, 100, 199, 300, 301, 307, 400, 401, 404, 429, 500, 502, 503, 504)],
)
def test_only_2xx_is_a_success(status: int | None, verdict: str) -> None:
    assert rules.judge(status) == verdict


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_overloaded_endpoint_is_left_alone(status: int) -> None:
    assert rules.throttled_until(status, NOW) == NOW + timedelta(seconds=60)
    assert rules.throttled_until(status, NOW, 5) == NOW + timedelta(seconds=5)
    assert rules.throttled_until(status, NOW, 10**9) == NOW + timedelta(hours=24)


@pytest.mark.parametrize("status", [None, 200, 400, 500, 503])
def test_no_other_answer_holds_up_the_other_events(status: int | None) -> None:
    assert rules.throttled_until(status, NOW, 30) is None
