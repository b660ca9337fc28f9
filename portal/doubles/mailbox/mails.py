"""One caught mail: its exact bytes, and what a reader wants to know of it."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property
from html.parser import HTMLParser

_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A mail as it came over SMTP; `recipients` are those of the envelope, which headers need not name."""

    id: str
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def from_header(self) -> str:
        return str(self.message["From"] or "")

    @property
    def to_header(self) -> str:
        return str(self.message["To"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @cached_property
    def text(self) -> str:
        """The plain part, empty when there is none."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, empty when there is none."""
        return self._part("html")

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Every web address in it that can be followed, each once, the HTML part's first."""
        finder = _LinkFinder()
        finder.feed(self.html)
        in_text = [found.rstrip(".,;:!?)") for found in _ADDRESS.findall(self.text)]
        return tuple(dict.fromkeys([*finder.found, *in_text]))

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        return tuple(
            Attachment(
                part.get_filename() or "attachment",
                part.get_content_type(),
                bytes(part.get_payload(decode=True) or b""),
            )
            for part in self.message.iter_attachments()
        )

    def matches(self, to: str, subject: str) -> bool:
        """Whether it went to exactly `to` and `subject` stands in its subject; empty means any."""
        to_them = not to or to.casefold() in map(str.casefold, self.recipients)
        return to_them and subject in self.subject

    def link(self, containing: str = "") -> str:
        """The first link with `containing` in it; raises LookupError when there is none."""
        for address in self.links:
            if containing in address:
                return address
        raise LookupError(f"no link with {containing!r} among {list(self.links)}")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""


class _LinkFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") or ""
        if tag == "a" and target.startswith(("http://", "https://")):
            self.found.append(target)
