"""A SWIFT message cut into its fields, streamed line by line; what only looks like a field stays text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from portal.bank_statements.documents import FileRefused, Where
from portal.core.text import t

# Only these begin a field: `:26:37` in a text is the time of day, torn from its hour by the end of the line.
_FIELD = re.compile(r":(20|21|25P?|28C?|13D?|34F|60[FME]?|61|62[FM]?|64|65|86|90[DC]|NS|940|9401):(.*)", re.DOTALL)
_BLOCK = re.compile(r"^\{[1-5]:")
_AFTER_BLOCK_4 = re.compile(r".*\{4:")
_ENDS = re.compile(r"-(?:[}\x03X].*)?")
_HEADS = frozenset({"20", "21", "25", "25P", "28", "28C", "13", "13D"})
_CLOSINGS = frozenset({"62", "62F", "62M", "64", "65", "90D", "90C"})
_SHAPES = {
    "61": re.compile(r"[0-9]{6}(?:[0-9]{4}|\s{4})?[RE]?[DC]"),
    "60": re.compile(r"[DC][0-9]{6}[A-Z]{3}"),
    "62": re.compile(r"[DC][0-9]{6}[A-Z]{3}"),
    "64": re.compile(r"[DC][0-9]{6}[A-Z]{3}"),
    "65": re.compile(r"[DC][0-9]{6}[A-Z]{3}"),
}
_LONGEST_LINE = 1 << 16
MOST_LINES = 200  # of one field
END = "-"  # a made-up tag: the message ends here
BETWEEN = frozenset({END, "940", "9401"})  # some banks say what follows in a field of its own


@dataclass(slots=True)
class Field:
    """One field: its tag, its lines, and the line of the file on which it begins."""

    tag: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def first(self) -> str:
        return self.lines[0]

    @property
    def where(self) -> Where:
        return Where(line=self.line)


def read(source: BinaryIO) -> Iterator[Field]:
    """Every field of every message of a file, and END between messages. Raises FileRefused."""
    running: Field | None = None
    closed = True  # whether the statement has its closing balance: only then may another begin
    for number, text in _lines(source):
        if _ENDS.fullmatch(text) or (_BLOCK.match(text) and "{4:" not in text):
            if running is not None:
                yield running
            running, closed = None, True
            if text.startswith("-"):
                yield Field(END, number, [""])
            continue
        text = _AFTER_BLOCK_4.sub("", text, count=1) if _BLOCK.match(text) else text
        match = _FIELD.fullmatch(text)
        if match is not None and _is_field(match[1], match[2], running, closed=closed):
            if running is not None:
                yield running
            running = Field(match[1], number, [match[2]])
            closed = closed if match[1] in _HEADS else match[1] in _CLOSINGS
        elif running is not None and len(running.lines) < MOST_LINES:
            running.lines.append(text)
    if running is not None:
        yield running


def _is_field(tag: str, value: str, running: Field | None, *, closed: bool) -> bool:
    shape = _SHAPES.get(tag[:2])
    if shape is not None:
        return shape.match(value.strip()) is not None
    in_text = running is not None and running.tag == "86"
    return not (in_text and tag in _HEADS and not closed)


def _lines(source: BinaryIO) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends and without control characters. UTF-8, else Windows-1252, line by line."""
    source.seek(0)
    number = 0
    while raw := source.readline(_LONGEST_LINE):
        number += 1
        if len(raw) == _LONGEST_LINE:
            raise FileRefused(
                "line_too_long", t("A line of the file is far longer than any bank writes."), Where(line=number)
            )
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
        yield number, text.removeprefix("\ufeff").rstrip("\r\n").strip("\x01\x03\x00")
