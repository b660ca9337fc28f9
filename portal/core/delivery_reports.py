"""What comes back days after a mail was taken: which mail, to whom, is that mailbox no more, or who complains.

RFC 3464 reports and complaints after RFC 5965 (ARF), read with the standard library. Everything in them is a
stranger's: nothing raises, nothing is kept.
"""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32

from portal.core.relay import is_gone

LONGEST = 1_000_000  # bytes of a report that are looked at: the lost mail comes back behind it
_STATUS = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b", re.ASCII)
_REPLY = re.compile(r"\b([245][0-9]{2})[ -]", re.ASCII)
_MESSAGE_ID = re.compile(r"<([0-9a-z]{13})@[^<>@\s]{1,255}>", re.ASCII)


_COMPLAINTS = frozenset({"abuse", "fraud", "other", "virus"})  # not `not-spam`, which is the opposite


@dataclass(frozen=True, slots=True)
class Complaint:
    """Somebody called one mail of ours unwanted. `recipients` is empty where the provider keeps them to itself."""

    words: str
    recipients: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """One recipient of one mail of ours. `words` is the Message-ID's own part; `code` the server's, as it is kept.

    `gone`: there is no such mailbox; else it is full, or would not have this one mail.
    """

    words: str
    recipients: frozenset[str]
    code: str
    gone: bool


def read(mail: bytes) -> list[Report]:
    """What this mail reports as failed; nothing for any other mail, an answer or a holiday notice."""
    parsed = BytesParser(policy=compat32).parsebytes(mail[:LONGEST])
    parts = list(parsed.walk())
    words = _about(parts)
    if words is None or parsed.get_content_type() != "multipart/report":
        return []
    blocks = (one for part in parts if part.get_content_type() == "message/delivery-status" for one in _blocks(part))
    return [found for block in blocks if (found := _report(words, block)) is not None]


def complaint(mail: bytes) -> Complaint | None:
    """The complaint in this mail; None for any other mail."""
    parsed = BytesParser(policy=compat32).parsebytes(mail[:LONGEST])
    parts = list(parsed.walk())
    words = _about(parts)
    if words is None or parsed.get_content_type() != "multipart/report":
        return None
    blocks = [one for part in parts if part.get_content_type() == "message/feedback-report" for one in _blocks(part)]
    if not blocks or str(blocks[0].get("Feedback-Type", "")).strip().lower() not in _COMPLAINTS:
        return None
    given = (str(one) for one in blocks[0].get_all("Original-Rcpt-To", []))
    return Complaint(words, frozenset(one.strip().strip("<>").lower() for one in given if "@" in one))


def _blocks(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _about(parts: list[Message]) -> str | None:
    """The Message-ID of the mail that came back, whole or its headers alone."""
    for part in parts[1:]:
        if part.get_content_type() in {"text/rfc822-headers", "text/rfc822-header"}:
            given = part.get_payload()
            found = HeaderParser(policy=compat32).parsestr(given)["Message-ID"] if isinstance(given, str) else None
        else:
            found = part["Message-ID"]
        match = _MESSAGE_ID.search(str(found)) if found else None
        if match:
            return match[1]
    return None


def _report(words: str, block: Message) -> Report | None:
    if str(block.get("Action", "")).strip().lower() != "failed":
        return None
    said = str(block.get("Diagnostic-Code", ""))
    status = _STATUS.search(str(block.get("Status", "")))
    enhanced = status[1] if status else ""
    if not enhanced or enhanced.endswith(".0.0"):  # "something": the server's own line may know better
        better = _STATUS.search(said)
        enhanced = better[1] if better and not better[1].endswith(".0.0") else ""
    reply = _REPLY.search(said)
    code = int(reply[1]) if reply else 0
    spelled = " ".join(filter(None, (reply[1] if reply else "", enhanced)))
    return Report(words, _recipients(block), spelled, is_gone(code, enhanced))


def _recipients(block: Message) -> frozenset[str]:
    """Both the address that we wrote to and where it was sent on to, in small letters."""
    given = (str(block.get(name, "")) for name in ("Original-Recipient", "Final-Recipient"))
    return frozenset(one.rpartition(";")[2].strip().strip("<>").lower() for one in given if one)
