"""The named day as a calendar file (RFC 5545). A calendar is read over shoulders: no amount, no word of debt."""

from datetime import date, datetime, timedelta

from portal.core.text import Text

MIME = "text/calendar; charset=utf-8"
_LONGEST = 75  # octets of a line


def write(uid: str, day: date, summary: str, description: str, *, sequence: int, now: datetime) -> str:
    """An entry for the whole of `day` with an alarm at nine the day before; `sequence` grows with each change."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//debtor-portal//promises//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{sequence}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(summary)}",
        f"DESCRIPTION:{_escaped(description)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(summary)}",
        "TRIGGER:-PT15H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _escaped(words: str | Text) -> str:
    plain = str(words)
    for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        plain = plain.replace(mark, written)
    return plain


def _folded(line: str) -> list[str]:
    """In pieces of at most 75 octets, none of which cuts a character; all but the first begin with a blank."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > _LONGEST:
            pieces.append(piece)
            piece = " "
        piece += letter
    return [*pieces, piece]
