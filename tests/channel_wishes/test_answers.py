"""An answer reaches its reader by their channel: as they prefer, else by mail, else as a text of one neutral line."""

import pytest

from portal.channel_wishes import rules

EMAIL, MOBILE = rules.EMAIL, rules.MOBILE


@pytest.mark.parametrize(
    ("preferred", "usable", "stopped", "expected"),
    [
        (None, {EMAIL, MOBILE}, set(), EMAIL),
        (MOBILE, {EMAIL, MOBILE}, set(), MOBILE),
        (None, {MOBILE}, set(), MOBILE),
        (None, {EMAIL, MOBILE}, {EMAIL}, MOBILE),
        (MOBILE, {EMAIL, MOBILE}, {MOBILE}, EMAIL),
        (None, {EMAIL}, {EMAIL}, EMAIL),
        (rules.LETTER, {EMAIL, rules.PHONE}, set(), EMAIL),
        (None, {rules.PHONE}, set(), None),
    ],
)
def test_the_way_of_what_was_asked_for(
    preferred: str | None, usable: set[str], stopped: set[str], expected: str | None
) -> None:
    assert rules.way_of_answer(preferred, usable, stopped) == expected
