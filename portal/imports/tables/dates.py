"""Dates as people and programs write them, read only when they have one meaning (pain 17).

`03/04/2026` is in March or in April: the whole column settles it, or another date column of the same file, or
the person; nobody guesses. A year in front, or a month in letters, leaves no doubt.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.core.text import t
from portal.imports.documents import Unreadable
from portal.imports.identifiers import clean
from portal.imports.options import DateOrder

_PARTS = re.compile(r"([0-9]{1,4})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{1,2})", re.ASCII)
_COMPACT = re.compile(r"[0-9]{8}", re.ASCII)
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?", re.ASCII)
_DAY_MONTH = re.compile(r"([0-9]{1,2})[-/. °]{1,2}([a-z]{3,9})[-/. ,]{1,2}([0-9]{4}|[0-9]{2})", re.ASCII)
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})", re.ASCII)
_TIME = re.compile(
    r"[T ][0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:\.[0-9]+)?)?(?: ?Z|[+-][0-9]{2}:?[0-9]{2})?$", re.ASCII
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "gen gennaio jan january",
            "feb febbraio february",
            "mar marzo march",
            "apr aprile april",
            "mag maggio may",
            "giu giugno jun june",
            "lug luglio jul july",
            "ago agosto aug august",
            "set sett settembre sep sept september",
            "ott ottobre oct october",
            "nov novembre november",
            "dic dicembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
_EXCEL_EPOCH = date(1899, 12, 30)
_LONGEST = 40
_REMEMBERED = 20_000  # spellings kept per column: dates repeat, files are long

Meanings = dict[DateOrder | None, date]  # None: clear without knowing the order


def unreadable(raw: object) -> Unreadable:
    text = t("“%(value)s” is not a date. Write it like 2026-04-30 or 30/04/2026.", value=clean(str(raw), _LONGEST))
    return Unreadable("date_unreadable", text)


def meanings(raw: str, asked: DateOrder | None = None) -> Meanings:
    """Every day that `raw` can mean, by the order of its parts; one entry under None when there is no doubt.

    With `asked`, only that order counts (a year of four digits in front stays clear). Raises Unreadable.
    """
    text = raw.strip().removeprefix("'")
    if text[:2] == '="' and text[-1:] == '"':
        text = text[2:-1].strip()
    if len(text) > _LONGEST:
        raise unreadable(raw)
    text = _TIME.sub("", text) if ":" in text or "T" in text else text
    if match := _PARTS.fullmatch(text):
        first, middle, last = match[1], match[3], match[4]
    elif _COMPACT.fullmatch(text):
        first, middle, last = _cut(text)
    else:
        return {None: _in_letters(raw, text.lower())}
    if len(first) == 4 and len(last) <= 2:
        return {None: _day(raw, first, middle, last)}
    if len(first) > 2:
        raise unreadable(raw)
    orders: tuple[DateOrder, ...] = ("dmy", "mdy") if asked is None else (asked,)
    if asked is None and len(last) == 2 and "-" in text:
        orders = ("dmy", "mdy", "ymd")  # 26-04-03: people who write hyphens also write the year first
    found: Meanings = {}
    for order in orders:
        day = _in_order(order, first, middle, last)
        if day is not None:
            found[order] = day
    if not found:
        raise unreadable(raw)
    return found


def _cut(eight: str) -> tuple[str, str, str]:
    """20260430 begins with a year of our time; 30042026 cannot."""
    if eight[:2] in {"19", "20"} and eight[4:6] <= "12":
        return eight[:4], eight[4:6], eight[6:]
    return eight[:2], eight[2:4], eight[4:]


def _in_order(order: DateOrder, first: str, middle: str, last: str) -> date | None:
    if order == "ymd":
        return _plausible(first, middle, last) if len(last) <= 2 else None
    day, month = (first, middle) if order == "dmy" else (middle, first)
    return _plausible(last, month, day)


def _plausible(year: str, month: str, day: str) -> date | None:
    """The day, if the calendar has it; a year of two digits lies between 1970 and 2069."""
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 70 else 2000
    try:
        result = date(number, int(month), int(day))
    except ValueError:
        return None
    return result if EARLIEST <= result <= LATEST else None


def _day(raw: str, year: str, month: str, day: str) -> date:
    result = _plausible(year, month, day)
    if result is None:
        raise unreadable(raw)
    return result


def _in_letters(raw: str, text: str) -> date:
    """`30 aprile 2026`, `30-apr-26`, `April 30, 2026`; a spreadsheet's inner number is refused by name."""
    if match := _DAY_MONTH.fullmatch(text):
        day, month, year = match.groups()
    elif match := _MONTH_DAY.fullmatch(text):
        month, day, year = match.groups()
    else:
        if _SERIAL.fullmatch(text):
            raise serial(int(text[:5]))
        raise unreadable(raw)
    if month not in _MONTHS:
        raise unreadable(raw)
    return _day(raw, year, str(_MONTHS[month]), day)


def serial(number: int) -> Unreadable:
    """Spreadsheets count days from 1900 or, some of them, from 1904: two meanings."""
    return Unreadable(
        "date_serial",
        t(
            "“%(value)s” looks like a spreadsheet's inner number for a date (perhaps %(date)s). Give the column a "
            "date format in the spreadsheet and save it again.",
            value=number,
            date=(_EXCEL_EPOCH + timedelta(days=number)).isoformat(),
        ),
    )


class DateColumn:
    """One column of dates: first `see` every cell, then `settle` the order once, then `read`.

    `proofs` holds, for each order that a cell proved, the first line that did.
    """

    def __init__(self, asked: DateOrder | None) -> None:
        self.asked = asked
        self.order = asked
        self.proofs: dict[DateOrder, int] = {}
        self.doubtful: int | None = None
        self._seen: set[str] = set()
        self._read: dict[str, date | Unreadable] = {}

    def see(self, raw: object, line: int) -> None:
        """First pass: what does this cell prove about the column?"""
        if self.asked is not None or type(raw) is not str or raw in self._seen or not raw:
            return
        if len(self._seen) < _REMEMBERED:
            self._seen.add(raw)
        try:
            found = meanings(raw)
        except Unreadable:
            return
        if len(found) == 1:
            (order,) = found
            if order is not None:
                self.proofs.setdefault(order, line)
        elif self.doubtful is None and len(set(found.values())) > 1:
            self.doubtful = line

    @property
    def proven(self) -> DateOrder | None:
        return next(iter(self.proofs)) if len(self.proofs) == 1 else None

    def settle(self, others: Iterable["DateColumn"]) -> None:
        """What decides a doubtful cell: the person, this column, or every other date column with one voice."""
        self._seen.clear()
        if self.asked is None:
            elsewhere = {order for other in others for order in other.proofs}
            self.order = self.proven
            if not self.proofs and len(elsewhere) == 1:
                (self.order,) = elsewhere

    def read(self, raw: object) -> date:
        """The day. Raises Unreadable."""
        if type(raw) is str:
            known = self._read.get(raw)
            if known is None:
                if len(self._read) >= _REMEMBERED:
                    self._read.clear()
                known = self._read[raw] = self._understand(raw)
            if isinstance(known, Unreadable):
                raise Unreadable(known.code, known.text)  # a fresh one: a traceback grows with every raise
            return known
        return self._from_cell(raw)

    def _understand(self, raw: str) -> date | Unreadable:
        try:
            found = meanings(raw, self.asked)
        except Unreadable as problem:
            return problem
        if len(set(found.values())) == 1:
            return next(iter(found.values()))
        if self.order in found:
            return found[self.order]
        first, *_, last = sorted(set(found.values()))
        return Unreadable(
            "date_ambiguous",
            t(
                "“%(value)s” can be %(first)s or %(last)s, and nothing in the file settles it. Say the order of "
                "its parts (--date-format dmy, mdy or ymd), or write dates like 2026-04-30.",
                value=raw.strip(),
                first=first.isoformat(),
                last=last.isoformat(),
            ),
        )

    @staticmethod
    def _from_cell(raw: object) -> date:
        if isinstance(raw, datetime):
            raw = raw.date()
        if isinstance(raw, date):
            if EARLIEST <= raw <= LATEST:
                return raw
        elif isinstance(raw, float) and not isinstance(raw, bool) and 10_000 <= raw < 100_000:
            raise serial(int(raw))
        raise unreadable(raw)
