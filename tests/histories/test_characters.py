"""What customers are like shows in what they do."""

import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from stdnum.it import iva

from portal.histories import characters, lives, names
from portal.histories.characters import Character, Nature
from portal.histories.lives import Years
from portal.histories.talk import Owners

YEARS = Years(date(2024, 11, 21), date(2026, 11, 20), Owners({}))


def nature(character: Character, **more: object) -> Nature:
    base = {"sector": "food", "terms": 30, "end_of_month": False, "usual_minor": 100_000, "has_address": True}
    return Nature(character, **{**base, **more})  # type: ignore[arg-type]


def late_share(character: Character, *, heard: bool = False) -> float:
    lot = random.Random(3)
    return sum(characters.days_late(nature(character), lot, heard=heard) > 0 for _ in range(2000)) / 2000


def test_each_is_late_as_their_name_says() -> None:
    assert late_share(Character.PUNCTUAL) < 0.1 < late_share(Character.FORGETFUL) < 0.7
    assert late_share(Character.BIG_AND_SLOW) == 1
    assert late_share(Character.IN_DIFFICULTY) == 1


def test_a_word_before_the_day_helps_whom_it_can_help() -> None:
    assert late_share(Character.FORGETFUL, heard=True) < late_share(Character.FORGETFUL) - 0.1
    assert late_share(Character.BIG_AND_SLOW, heard=True) > 0.8


def test_august_is_quiet_in_most_trades_and_full_at_the_sea() -> None:
    def in_august(sector: str) -> int:
        days = list(lives._days(random.Random(1), sector, 3000, YEARS))
        assert days == sorted(days)
        assert YEARS.first <= days[0] <= days[-1] <= YEARS.last
        return sum(day.month == 8 for day in days)

    assert in_august("machines") < 120
    assert in_august("tourism") > 250


def test_terms_end_with_a_month_where_they_do() -> None:
    assert lives.due_day(date(2026, 1, 31), nature(Character.PUNCTUAL)) == date(2026, 3, 2)
    assert lives.due_day(date(2026, 1, 31), nature(Character.PUNCTUAL, end_of_month=True)) == date(2026, 3, 31)


@given(weights=st.lists(st.floats(0.1, 60), min_size=1, max_size=30), documents=st.integers(0, 500))
def test_documents_are_shared_out_exactly(weights: list[float], documents: int) -> None:
    found = characters.shared_out(weights, documents)
    assert sum(found) == documents
    assert min(found) >= (1 if documents >= len(weights) else 0)


def test_vat_numbers_are_right_and_each_is_once() -> None:
    found = {names.vat_number(number) for number in range(0, 3000, 7)}
    assert len(found) == len(range(0, 3000, 7))
    assert all(iva.is_valid(one) for one in found)
