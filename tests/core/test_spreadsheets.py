"""Tables for spreadsheets: what people wrote is never a formula, what we counted stays a number (rule A-64)."""

import csv
import io

import pytest

from portal.core import spreadsheets
from portal.core.spreadsheets import Figure


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_somebody_wrote_is_no_formula(start: str) -> None:
    written = spreadsheets.lines([[f"{start}1+1"]]).decode()
    (row,) = csv.reader(io.StringIO(written), delimiter=";")
    assert row[0].startswith("'")


def test_our_own_numbers_stay_numbers_and_nothing_is_empty() -> None:
    assert spreadsheets.lines([[Figure("-5.00"), -3, None, 1.5, "10-2", "a;b", "\0x"]]) == (
        b'-5.00;-3;;1.5;10-2;"a;b";x\r\n'
    )


def test_a_file_begins_with_its_mark() -> None:
    assert spreadsheets.file([["è"]]) == b"\xef\xbb\xbf" + "è\r\n".encode()
