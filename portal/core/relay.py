"""Handing a mail to the relay over SMTP, and what its answer means. Never inside a transaction."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from portal.core.mail import checked_address
from portal.core.text import Text, t
from portal.settings import Smtp

IMPLICIT_TLS = 465  # RFC 8314: on this port the connection begins with TLS
_ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
# RFC 3463: bad mailbox, bad system, bad syntax, moved away, no mail there at all, mailbox disabled.
_NO_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_NO_MAILBOX_PLAIN = frozenset({550, 551, 553})
_LEADING_DOT = re.compile(rb"(?m)^\.")


class Verdict(StrEnum):
    """BOUNCED: this address takes no mail, ever. UNKNOWN: the text was handed over and no answer came."""

    ACCEPTED = "accepted"
    LATER = "later"
    REFUSED = "refused"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"


PHRASES: dict[str, Text] = {
    "accepted": t("accepted"),
    "later": t("the mail server asks us to come back later"),
    "refused": t("the mail server refused the message"),
    "bounced": t("there is no such mailbox"),
    "unknown": t("no answer after the text was handed over: it may have arrived"),
    "unreachable": t("the mail relay could not be reached"),
    "locked_out": t("the mail relay did not let us in"),
    "unsafe": t("there is no safe connection to the mail relay"),
    "no_address": t("this is not an address that mail can be sent to"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `why` is the server's code and our words, never the server's: those may name a person."""

    verdict: Verdict
    why: str


class _Stop(Exception):
    def __init__(self, verdict: Verdict, phrase: str, code: str = "") -> None:
        super().__init__(phrase)
        said = PHRASES[phrase].msgid
        self.answer = Answer(verdict, f"{code}: {said}" if code else said)


def hand_over(relay: Smtp, recipient: str, content: bytes) -> Answer:
    """Sends `content` (CRLF line ends) to one recipient; raises for nothing that network or relay do.

    The server receives exactly these bytes. We introduce ourselves with the sender's domain.
    """
    client: smtplib.SMTP | None = None
    try:
        address = _address(recipient)
        client = _connect(relay)
        _introduce(client, relay)
        _envelope(client, relay.sender, address, len(content))
        _text(client, content)
    except _Stop as stop:
        return stop.answer
    finally:
        if client is not None:
            _leave(client)
    return Answer(Verdict.ACCEPTED, PHRASES["accepted"].msgid)


def _address(recipient: str) -> str:
    try:
        return checked_address(recipient)
    except ValueError:
        raise _Stop(Verdict.REFUSED, "no_address") from None


def _connect(relay: Smtp) -> smtplib.SMTP:
    # Said by name: smtplib would ask a name server who this machine is, and tell the relay.
    helo = relay.sender.rpartition("@")[2]
    try:
        if relay.port == IMPLICIT_TLS:
            return smtplib.SMTP_SSL(
                relay.host, relay.port, helo, timeout=relay.timeout_seconds, context=ssl.create_default_context()
            )
        return smtplib.SMTP(relay.host, relay.port, helo, timeout=relay.timeout_seconds)
    except ssl.SSLError:
        raise _Stop(Verdict.LATER, "unsafe") from None
    except (OSError, smtplib.SMTPException):
        raise _Stop(Verdict.LATER, "unreachable") from None


def _introduce(client: smtplib.SMTP, relay: Smtp) -> None:
    """EHLO, TLS where it is asked for, and the password, which never travels in the clear off this machine."""
    safe = relay.port == IMPLICIT_TLS
    try:
        client.ehlo_or_helo_if_needed()
        if relay.starttls:
            code, _said = client.starttls(context=ssl.create_default_context())
            if code != 220:
                raise _Stop(Verdict.LATER, "unsafe")
            client.ehlo()
            safe = True
        if relay.user:
            if not safe and not _is_this_machine(relay.host):
                raise _Stop(Verdict.LATER, "unsafe")
            client.login(relay.user, relay.password)
    except (ssl.SSLError, smtplib.SMTPNotSupportedError):
        raise _Stop(Verdict.LATER, "unsafe") from None
    except smtplib.SMTPAuthenticationError as refused:
        raise _Stop(Verdict.LATER, "locked_out", str(refused.smtp_code)) from None
    except (OSError, smtplib.SMTPException):
        raise _Stop(Verdict.LATER, "unreachable") from None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _envelope(client: smtplib.SMTP, sender: str, recipient: str, size: int) -> None:
    options = [f"size={size}"] if client.has_extn("size") else []
    if not (recipient.isascii() and sender.isascii()):
        options.append("SMTPUTF8")
    try:
        _need_2xx(*client.mail(sender, options), at_recipient=False)
        _need_2xx(*client.rcpt(recipient), at_recipient=True)
        code, said = client.docmd("DATA")
        if code != 354:
            _need_2xx(code, said, at_recipient=False)
            raise _Stop(Verdict.LATER, "later", str(code))  # a 2xx to DATA means nothing
    except smtplib.SMTPNotSupportedError:
        raise _Stop(Verdict.REFUSED, "no_address") from None
    except (OSError, smtplib.SMTPException):
        raise _Stop(Verdict.LATER, "unreachable") from None


def _text(client: smtplib.SMTP, content: bytes) -> None:
    """From the first byte of the text on, a lost connection proves nothing either way."""
    try:
        client.send(_LEADING_DOT.sub(b"..", content) + b".\r\n")
        code, said = client.getreply()
    except (OSError, smtplib.SMTPException):
        raise _Stop(Verdict.UNKNOWN, "unknown") from None
    _need_2xx(code, said, at_recipient=False)


def _need_2xx(code: int, said: bytes, *, at_recipient: bool) -> None:
    if 200 <= code < 300:
        return
    found = _ENHANCED.match(said)
    enhanced = found[1].decode() if found else ""
    spelled = f"{code} {enhanced}".strip()
    if not 500 <= code < 600:
        raise _Stop(Verdict.LATER, "later", spelled)
    gone = is_gone(code if at_recipient else 0, enhanced)
    raise _Stop(Verdict.BOUNCED, "bounced", spelled) if gone else _Stop(Verdict.REFUSED, "refused", spelled)


def is_gone(code: int, enhanced: str) -> bool:
    """Whether a refusal of a recipient says that there is no such mailbox; `enhanced` (RFC 3463) counts before it."""
    return enhanced in _NO_MAILBOX if enhanced else code in _NO_MAILBOX_PLAIN


def _leave(client: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):  # what counts has been said by now
        client.quit()
    client.close()
