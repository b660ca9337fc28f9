"""Dates: one meaning is read, two are asked about, none is refused (pain 17)."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.documents import Unreadable
from portal.imports.tables.dates import EARLIEST, LATEST, DateColumn, meanings


def read(raw: object, *others: str, order: str | None = None, elsewhere: tuple[str, ...] = ()) -> str:
    """`raw` in a column that also holds `others`, in a file whose other date column holds `elsewhere`."""
    column, other = DateColumn(order), DateColumn(order)  # type: ignore[arg-type]
    for line, cell in enumerate((*others, raw), start=2):
        column.see(cell, line)
    for line, cell in enumerate(elsewhere, start=2):
        other.see(cell, line)
    column.settle([other])
    return column.read(raw).isoformat()


def code(raw: object, *others: str, order: str | None = None, elsewhere: tuple[str, ...] = ()) -> str:
    with pytest.raises(Unreadable) as refused:
        read(raw, *others, order=order, elsewhere=elsewhere)
    return refused.value.code


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-04-03", "2026-04-03"),
        ("2026/4/3", "2026-04-03"),
        ("2026.04.03", "2026-04-03"),
        ("20260403", "2026-04-03"),
        ("30042026", "2026-04-30"),
        ("30/04/2026", "2026-04-30"),
        ("4/30/2026", "2026-04-30"),
        ("30.4.26", "2026-04-30"),
        ("30 04 2026", "2026-04-30"),
        ("05/05/2026", "2026-05-05"),
        ("2026-04-03 00:00:00", "2026-04-03"),
        ("2026-04-03T10:30:00Z", "2026-04-03"),
        ("2026-04-03T10:30:00.000+02:00", "2026-04-03"),
        ("30/04/2026 10:30", "2026-04-30"),
        ("3 aprile 2026", "2026-04-03"),
        ("1° maggio 2026", "2026-05-01"),
        ("3-Apr-26", "2026-04-03"),
        ("03 SET 2026", "2026-09-03"),
        ("April 3, 2026", "2026-04-03"),
        ("29/02/2024", "2024-02-29"),
        (" 30/04/2026 ", "2026-04-30"),
        ('="30/04/2026"', "2026-04-30"),
        (date(2026, 4, 3), "2026-04-03"),
        (datetime(2026, 4, 3, 10, 30), "2026-04-03"),
    ],
)
def test_what_has_one_meaning_is_read(raw: object, day: str) -> None:
    assert read(raw) == day


@pytest.mark.parametrize(
    "raw",
    [
        "", "oggi", "30/02/2026", "29/02/2026", "31/04/2026", "00/01/2026", "13/13/2026", "2026-13-01", "2026-02-30",
        "1/1", "03/04", "3/4/026", "30/04/20266", "30-04/2026", "٣/٤/٢٠٢٦", "2026-04-03x", "1899-01-01", "3000-01-01",
        "30 foo 2026", "aprile 2026", "0", "-1", "1e5", time(10, 0), True, 12, None, date(1066, 10, 14), "3" * 500,
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(raw: object) -> None:
    assert code(raw) == "date_unreadable"


@pytest.mark.parametrize(
    "raw", ["03/04/2026", "3.4.2026", "03-04-2026", "03/04/26", "12/11/2026", "03042026", "26-04-03"]
)
def test_two_meanings_are_refused_until_something_settles_them(raw: str) -> None:
    assert code(raw) == "date_ambiguous"


def test_the_person_settles_two_meanings() -> None:
    assert read("03/04/2026", order="dmy") == "2026-04-03"
    assert read("03/04/2026", order="mdy") == "2026-03-04"
    assert read("26-04-03", order="ymd") == "2026-04-03"
    assert read("2026-04-03", order="dmy") == "2026-04-03", "a year in front is clear whatever was asked"
    assert code("30/04/2026", order="mdy") == "date_unreadable"
    assert code("03/04/2026", order="ymd") == "date_unreadable"


def test_the_column_settles_two_meanings_if_it_speaks_with_one_voice() -> None:
    assert read("03/04/2026", "30/04/2026") == "2026-04-03"
    assert read("03/04/2026", "04/30/2026") == "2026-03-04"
    assert code("03/04/2026", "30/04/2026", "04/30/2026") == "date_ambiguous"
    assert code("03/04/2026", "2026-04-30", "05/05/2026", "3 aprile 2026") == "date_ambiguous"
    assert read("30/04/2026", "04/30/2026") == "2026-04-30", "a clear date stays clear whatever stands around it"


def test_another_date_column_of_the_file_settles_what_this_one_leaves_open() -> None:
    assert read("03/04/2026", elsewhere=("30/04/2026",)) == "2026-04-03"
    assert code("03/04/2026", elsewhere=("30/04/2026", "04/30/2026")) == "date_ambiguous"
    assert read("03/04/2026", "04/30/2026", elsewhere=("30/04/2026",)) == "2026-03-04", "its own cells count first"


@pytest.mark.parametrize("raw", ["46115", "46115,0", 46115.0])
def test_a_spreadsheets_inner_number_is_called_by_its_name(raw: object) -> None:
    assert code(raw) == "date_serial"


@given(day=st.dates(EARLIEST, LATEST), mark=st.sampled_from("/.- "), padded=st.booleans())
def test_a_date_is_read_back_in_the_order_it_was_written(day: date, mark: str, padded: bool) -> None:
    width = 2 if padded else 1
    numbers = {"d": f"{day.day:0{width}d}", "m": f"{day.month:0{width}d}", "y": str(day.year)}
    for order in ("dmy", "mdy", "ymd"):
        assert read(mark.join(numbers[part] for part in order), order=order) == day.isoformat()


@given(day=st.dates(EARLIEST, LATEST))
def test_a_date_alone_is_refused_exactly_when_day_and_month_can_change_places(day: date) -> None:
    text = f"{day.day:02d}/{day.month:02d}/{day.year}"
    if day.day <= 12 and day.day != day.month:
        assert code(text) == "date_ambiguous"
    else:
        assert read(text) == day.isoformat()


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_is_refused(raw: str) -> None:
    try:
        found = meanings(raw)
    except Unreadable:
        return
    assert found
    assert all(EARLIEST <= day <= LATEST for day in found.values())
