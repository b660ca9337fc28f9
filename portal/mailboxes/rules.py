"""Whose mails count and what is taken out of one: pure."""

from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from enum import StrEnum

from portal.core.mail import checked_address
from portal.core.text import Text, t
from portal.imports.identifiers import clean

LARGEST = 32 * 1024 * 1024  # bytes of a mail, as for what is uploaded
MOST_FILES = 40  # of one mail
MOST_SENDERS = 50
_NO_DOCUMENTS = frozenset({"image", "audio", "video"})
TOO_LONG = timedelta(days=1)  # of trouble: after that somebody has to look


class Found(StrEnum):
    """What became of a mail."""

    TAKEN = "taken"
    KNOWN = "known"
    NOTHING = "nothing"
    STRANGER = "stranger"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


class Why(StrEnum):
    """Why a mailbox is not read. HAND, LOGIN, FOLDER and ADDRESS are mended by a person; the rest by time."""

    HAND = "hand"
    LOGIN = "login"
    FOLDER = "folder"
    ADDRESS = "address"
    TLS = "tls"
    UNREACHABLE = "unreachable"
    INTERNAL = "internal"


LASTING = frozenset({Why.LOGIN, Why.FOLDER, Why.ADDRESS})

BECAME: Mapping[str, Text] = {
    Found.TAKEN: t("waits for your yes"),
    Found.KNOWN: t("was there already"),
    Found.NOTHING: t("no file that we can read"),
    Found.STRANGER: t("from an address that is not on your list"),
    Found.TOO_LARGE: t("larger than 32 MB"),
    Found.UNREADABLE: t("could not be read"),
}
WORDS: Mapping[str, Text] = {
    Why.HAND: t("stopped by one of you"),
    Why.LOGIN: t("the mail server does not accept the user name and password"),
    Why.FOLDER: t("there is no such folder in the mailbox"),
    Why.ADDRESS: t("the mail server is inside a network, or does not exist"),
    Why.TLS: t("there is no safe connection to the mail server"),
    Why.UNREACHABLE: t("the mail server could not be reached"),
    Why.INTERNAL: t("a fault of ours: it is tried again"),
}


def senders(written: str) -> list[str]:
    """Addresses and @domains, one a line or parted by commas, in lower case. Raises ValueError with the bad one."""
    found = []
    for one in written.replace(",", "\n").replace(";", "\n").split("\n"):
        wanted = one.strip().lower()
        if not wanted:
            continue
        try:
            whole = checked_address(f"x{wanted}" if wanted.startswith("@") else wanted)
        except (ValueError, UnicodeError):
            raise ValueError(wanted[:60]) from None
        found.append(whole.removeprefix("x") if wanted.startswith("@") else whole)
    return list(dict.fromkeys(found))


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def is_from(mail: EmailMessage, allowed: list[str]) -> bool:
    """Whether its one sender is on the list. Anybody can write any sender: this keeps noise out, not a forger."""
    named = [address.lower() for _name, address in getaddresses([str(one) for one in mail.get_all("From", [])])]
    if len(named) != 1:
        return False
    return named[0] in allowed or f"@{named[0].rpartition('@')[2]}" in allowed


def files(mail: EmailMessage) -> list[tuple[str, bytes]]:
    """Everything in it that has a file's name, certified mail's inner mail included: (name, content).

    Pictures and sounds are none: they hold no invoice, and nearly every mail is signed with one.
    """
    found = []
    for part in mail.walk():
        if part.get_content_maintype() in _NO_DOCUMENTS:
            continue
        name = part.get_filename()
        content = part.get_payload(decode=True) if name and not part.is_multipart() else None
        if isinstance(content, bytes) and content:
            found.append((clean(str(name).replace("\\", "/").rpartition("/")[2], 200) or "?", content))
        if len(found) == MOST_FILES:
            break
    return found
