"""One mail as the exact bytes that leave: text and HTML side by side, headers that nobody can break out of."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

_LONGEST_HEADER = 900  # RFC 5322 allows 998 to a line; folded earlier, a long address would turn into encoded words
_LONGEST_LINE = 78


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail; `name` is ASCII."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """What is to be written. `message_id` stays the same over every try of the same mail."""

    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    message_id: str
    date: datetime
    html: str = ""
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())
    attachments: tuple[Attachment, ...] = field(default=())


def compose(mail: Mail) -> bytes:
    """RFC 5322 bytes with CRLF line ends. Raises ValueError for an address that is none."""
    beyond_ascii = not all(part.isascii() for part in (mail.to, mail.sender, mail.reply_to or ""))
    policy = (SMTPUTF8 if beyond_ascii else SMTP).clone(max_line_length=_LONGEST_LINE)
    message = EmailMessage(policy=policy)
    message["From"] = _named(mail.sender, one_line(mail.sender_name))
    message["To"] = _named(mail.to)
    if mail.reply_to:
        message["Reply-To"] = _named(mail.reply_to)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers:
        message[name] = one_line(value)
    # Quoted-printable passes every relay unchanged, so that the bytes and their hash stay what they are.
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for one in mail.attachments:
        maintype, _, subtype = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=maintype, subtype=subtype, filename=one_line(one.name))
    return message.as_bytes(policy=policy.clone(max_line_length=_LONGEST_HEADER))


def _named(address: str, name: str = "") -> Address:
    mailbox, _, domain = checked_address(address).rpartition("@")
    return Address(name, mailbox, domain)


def one_line(words: str) -> str:
    """`words` for a header: line ends, control and direction characters are blanks, runs of blanks are one."""
    kept = (" " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else c for c in words)
    return " ".join("".join(kept).split())


def checked_address(written: str) -> str:
    """The address with its domain in ASCII; raises ValueError for what no mail can be sent to."""
    name, at, domain = written.strip().rpartition("@")
    if not name or not at or not domain or one_line(written) != written.strip() or len(written) > 254:
        raise ValueError("not a mail address")
    if any(c.isspace() or c in '<>,;:"()[]\\' for c in name + domain):
        raise ValueError("not a mail address")
    ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    return f"{name}@{ascii_domain}"


def message_id(words: str, sender: str) -> str:
    """A Message-ID made of `words` (ASCII letters, digits, dashes) and the sender's domain."""
    return f"<{words}@{checked_address(sender).rpartition('@')[2]}>"
