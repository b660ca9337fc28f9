"""One entry as a calendar file (RFC 5545). A calendar is read over shoulders: no amount, no word of debt in it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MIME = "text/calendar; charset=utf-8"
_LONGEST = 75  # octets of a line


@dataclass(frozen=True, slots=True)
class Entry:
    """`begins` is a day or an instant, `ends` the first one after it; `sequence` grows with each change."""

    uid: str
    begins: date | datetime
    ends: date | datetime
    summary: str
    description: str
    sequence: int
    alarm_before: timedelta | None = None
    is_cancelled: bool = False


def write(entry: Entry, now: datetime) -> str:
    """The file's text, lines folded and ended as the standard wants them."""
    alarm = entry.alarm_before
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//debtor-portal//EN",
        "METHOD:CANCEL" if entry.is_cancelled else "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"DTSTAMP:{_instant(now)}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTART{_moment(entry.begins)}",
        f"DTEND{_moment(entry.ends)}",
        f"SUMMARY:{_escaped(entry.summary)}",
        f"DESCRIPTION:{_escaped(entry.description)}",
        "STATUS:CANCELLED" if entry.is_cancelled else "STATUS:CONFIRMED",
    ]
    if alarm is not None:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escaped(entry.summary)}",
            f"TRIGGER:-PT{int(alarm.total_seconds() // 60)}M",
            "END:VALARM",
        ]
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _moment(at: date | datetime) -> str:
    return f":{_instant(at)}" if isinstance(at, datetime) else f";VALUE=DATE:{at:%Y%m%d}"


def _escaped(words: str) -> str:
    for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        words = words.replace(mark, written)
    return words


def _folded(line: str) -> list[str]:
    """In pieces of at most 75 octets, none of which cuts a character; each but the first begins with a blank."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > _LONGEST:
            pieces.append(piece)
            piece = " "
        piece += letter
    return [*pieces, piece]
