"""The months of the figures are those of the creditor's calendar, not of Greenwich."""

from datetime import UTC, datetime

import pytest
import time_machine

from portal.core import db, scope
from portal.settings import Settings
from portal.surveys import quality
from tests.factories import surveys
from tests.factories.world import make_account


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 3, 31, 21, 59, tzinfo=UTC), (2026, 3)), (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), (2026, 4)),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), (2026, 12)), (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), (2027, 1)),
    ],
)  # fmt: skip
def test_midnight_is_the_creditors(house: Settings, moment: datetime, month: tuple[int, int]) -> None:
    assert house
    account = make_account()
    with time_machine.travel(moment, tick=False):
        surveys.asked(account, 10)
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert list(quality.by_month(quality.Wanted())) == [month]


def test_months_without_an_answer_between_two_are_left_out(house: Settings) -> None:
    assert house
    account = make_account()
    for moment in (datetime(2026, 2, 10, 9, tzinfo=UTC), datetime(2026, 5, 10, 9, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            surveys.asked(account, 3)
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        found = quality.by_month(quality.Wanted())
    assert {month: one.detractors for month, one in found.items()} == {(2026, 2): 1, (2026, 5): 1}
