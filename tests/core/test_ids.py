"""Row ids rise, never repeat, have one spelling, and say nothing of how many rows there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import ids
from tests.parallel import at_once

ALL = st.integers(min_value=0, max_value=2**63 - 1)


def test_ids_rise_and_never_repeat_in_twenty_threads() -> None:
    made = at_once(20, lambda _: [ids.new_id() for _ in range(2000)])
    flat = [one for part in made for one in part]
    assert len(set(flat)) == 40_000
    assert all(part == sorted(part) for part in made), "within a thread they rise"
    assert all(0 < one < 2**63 for one in flat)
    assert ids.new_id() > max(flat)


def test_within_a_millisecond_ids_start_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has one id cannot count on to the next row's, nor tell how many were made."""
    monkeypatch.setattr(ids, "_last", 0)  # another test may have been in the future
    starts = {first_of_the_next_millisecond() & (2**22 - 1) for _ in range(50)}
    assert len(starts) > 40


def first_of_the_next_millisecond() -> int:
    begun = ids.new_id() >> 22
    while (fresh := ids.new_id()) >> 22 == begun:
        pass
    return fresh


def test_many_at_once_rise() -> None:
    made = ids.new_ids(1000)
    assert made == sorted(set(made))


@given(ALL)
def test_what_is_spelled_is_read_again(row_id: int) -> None:
    spelled = ids.spell(row_id)
    assert len(spelled) == 13
    assert spelled.isascii()
    assert ids.read(spelled) == row_id


@given(ALL, ALL)
def test_the_spelling_keeps_the_order(one: int, other: int) -> None:
    assert (one < other) == (ids.spell(one) < ids.spell(other))


@given(st.text(max_size=16))
def test_only_the_one_spelling_is_read(written: str) -> None:
    try:
        row_id = ids.read(written)
    except ValueError:
        return
    assert ids.spell(row_id) == written


@pytest.mark.parametrize(
    "written",
    ["", "0" * 12, "0" * 14, "0" * 12 + "i", "0" * 12 + "l", "0" * 12 + "o", "0" * 12 + "u", "0" * 12 + "A",
     "0" * 12 + " ", "0" * 12 + "-", "0" * 12 + "٣", "0" * 12 + "ı", "z" * 13, "8" + "0" * 12, "0" * 12 + "\x00"],
)  # fmt: skip
def test_other_spellings_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        ids.read(written)
