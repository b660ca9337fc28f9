"""Objective data as a file: customer's code, source, day, score from 0 to 100, a note. CSV, read without a database.

The columns are known by their headers, in English or Italian, in any order. A line that cannot be read is refused
with its number and the reason; the others are taken.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from portal.core.text import Text, t

MAX_BYTES = 5 * 1024 * 1024
MAX_LINES = 50_000
MAX_NOTE = 500
HEADERS: dict[str, tuple[str, ...]] = {
    "code": ("customer", "customer code", "code", "debtor", "cliente", "codice", "codice cliente"),
    "source": ("source", "fonte"),
    "day": ("date", "day", "data", "giorno"),
    "score": ("score", "rating", "punteggio"),
    "note": ("note", "notes", "nota", "note cliente"),
}
NEEDED = ("code", "source", "day", "score")
EXAMPLE = "customer;source;date;score;note\n0042;Cerved;2026-11-02;71;Bilancio 2025 depositato\n"
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_EUROPEAN = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", re.ASCII)
_FIRST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Rated:
    """One line of the file."""

    line: int
    code: str
    source: str
    day: date
    score: int
    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    line: int
    why: Text


@dataclass(slots=True)
class Reading:
    """What a file says: `refusal` where it is no such file at all."""

    rated: list[Rated] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    same: int = 0  # lines that say once more what another one said
    refusal: Text | None = None


class _Wrong(ValueError):
    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


def read(content: bytes, today: date) -> Reading:
    """The lines of a file; a later line about the same customer, source and day must say the same."""
    found = Reading()
    try:
        lines = _lines(content)
        places, rows = _columns(lines)
        _take(found, places, rows, today)
    except _Wrong as wrong:
        return Reading(refusal=wrong.why)
    except csv.Error:
        return Reading(refusal=t("This file cannot be read as a table."))
    if not found.rated and not found.refused:
        found.refusal = t("There is no line in this file.")
    return found


def _take(found: Reading, places: dict[str, int], rows: Iterator[tuple[int, list[str]]], today: date) -> None:
    seen: dict[tuple[str, str, date], Rated] = {}
    for number, row in rows:
        try:
            one = _rated(number, {name: _cell(row, place) for name, place in places.items()}, today)
        except _Wrong as wrong:
            found.refused.append(Refused(number, wrong.why))
            continue
        key = one.code, one.source, one.day
        before = seen.get(key)
        if before is None:
            seen[key] = one
            found.rated.append(one)
        elif (before.score, before.note) == (one.score, one.note):
            found.same += 1
        else:
            why = t("Line %(line)s says something else about the same customer, source and day.", line=before.line)
            found.refused.append(Refused(number, why))


def _lines(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _Wrong(t("This file is too large: at most 5 MB."))
    if b"\x00" in content:
        raise _Wrong(t("This is not a text file. Please save the table as CSV."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _columns(content: str) -> tuple[dict[str, int], Iterator[tuple[int, list[str]]]]:
    head = next((line for line in content.splitlines() if line.strip()), "")
    mark = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=mark)
    rows = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    _, first = next(rows, (0, []))
    names = [" ".join(cell.casefold().replace("_", " ").split()) for cell in first]
    places: dict[str, int] = {}
    for name, known in HEADERS.items():
        here = [place for place, header in enumerate(names) if header in known]
        if len(here) > 1:
            raise _Wrong(
                t("Two columns say the same: %(columns)s.", columns=", ".join(first[place] for place in here))
            )
        if here:
            places[name] = here[0]
    lacking = [HEADERS[name][0] for name in NEEDED if name not in places]
    if lacking:
        raise _Wrong(t("These columns are missing: %(columns)s.", columns=", ".join(lacking)))
    return places, rows


def _cell(row: list[str], place: int) -> str:
    written = row[place] if place < len(row) else ""
    return "".join(c for c in written if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def _rated(number: int, cells: dict[str, str], today: date) -> Rated:
    if number > MAX_LINES:
        raise _Wrong(t("At most %(most)s lines are read from one file.", most=MAX_LINES))
    code, source, note = cells["code"], " ".join(cells["source"].split()), cells.get("note", "")
    if not code or len(code) > 60:
        raise _Wrong(t("The customer's code is missing or too long."))
    if not source or len(source) > 60:
        raise _Wrong(t("The source is missing or too long."))
    if len(note) > MAX_NOTE:
        raise _Wrong(t("The note is too long: at most %(most)s characters.", most=MAX_NOTE))
    return Rated(number, code, source, _day(cells["day"], today), _score(cells["score"]), note)


def _day(written: str, today: date) -> date:
    iso, european = _ISO.fullmatch(written), _EUROPEAN.fullmatch(written)
    try:
        if iso:
            found = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif european:
            found = date(int(european[3]), int(european[2]), int(european[1]))
        else:
            raise ValueError(written)  # noqa: TRY301
    except ValueError:
        raise _Wrong(t("This is not a date: write it as 2026-11-30 or 30/11/2026.")) from None
    if not found.year >= _FIRST_YEAR or found > today:
        raise _Wrong(t("This date lies ahead, or too far back."))
    return found


def _score(written: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", written, re.ASCII) or int(written) > 100:
        raise _Wrong(t("A score is a whole number from 0 to 100."))
    return int(written)
