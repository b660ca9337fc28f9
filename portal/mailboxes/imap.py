"""Reading a mailbox over IMAP: TLS only, to a public server, resolved once (D-22). Never inside a transaction.

Nothing is changed there: the folder is opened for reading alone, and no mail is marked as read.
"""

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

from portal.core.addresses import check_url, is_allowed_loopback, is_public
from portal.mailboxes.rules import LARGEST, Why

TIMEOUT_SECONDS = 20.0  # of each answer
DEADLINE_SECONDS = 300.0  # of all of it: a server that drips keeps nobody waiting
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is and what lets us in; `folder` and `user` are printable ASCII."""

    host: str
    port: int
    user: str
    password: str
    folder: str


class Trouble(Exception):
    """It cannot be read now; `why` says for how long."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Folder:
    """An open folder. `validity` and `next_uid` as RFC 3501 has them."""

    def __init__(self, client: imaplib.IMAP4, validity: int, next_uid: int) -> None:
        self.validity = validity
        self.next_uid = next_uid
        self._client = client

    def behind(self, uid: int) -> list[int]:
        """The mails with a higher number, the oldest first."""
        return [one for one in self._search(f"UID {uid + 1}:*") if one > uid]  # `*` is the last one, however low

    def since(self, day: date) -> list[int]:
        return self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def _search(self, wanted: str) -> list[int]:
        _said, found = self._client.uid("SEARCH", wanted)
        return sorted(int(one) for part in found if isinstance(part, bytes) for one in part.split())

    def size(self, uid: int) -> int | None:
        """In bytes; None where the mail is gone."""
        _said, found = self._client.uid("FETCH", str(uid), "(RFC822.SIZE)")
        sizes = [_SIZE.search(part) for part in found if isinstance(part, bytes)]
        return next((int(one[1]) for one in sizes if one), None)

    def content(self, uid: int) -> bytes | None:
        """The whole mail, which stays unread there."""
        _said, found = self._client.uid("FETCH", str(uid), "(BODY.PEEK[])")
        return next((part[1] for part in found if isinstance(part, tuple)), None)


@contextmanager
def opened(server: Server, allowed_loopback: frozenset[str]) -> Iterator[Folder]:
    """Raises Trouble for all that the network, the server or its password do."""
    address = _resolved(server, allowed_loopback)
    client: imaplib.IMAP4 | None = None
    timer = threading.Timer(DEADLINE_SECONDS, lambda: _cut(client))
    timer.start()
    try:
        client = _Pinned(server.host, server.port, address)
        _log_in(client, server)
        yield _open(client, server.folder)
    except (ssl.SSLError, ssl.CertificateError):
        raise Trouble(Why.TLS) from None
    except (OSError, imaplib.IMAP4.error):
        raise Trouble(Why.UNREACHABLE) from None
    finally:
        timer.cancel()
        if client is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()


def _resolved(server: Server, allowed_loopback: frozenset[str]) -> str:
    """One address that the name stands for, and may be spoken to."""
    url = f"https://{server.host}:{server.port}/"
    if check_url(url, allowed_loopback):
        raise Trouble(Why.ADDRESS)
    loopback = is_allowed_loopback(url, allowed_loopback)
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Trouble(Why.UNREACHABLE) from None
    addresses = [str(one[4][0]) for one in found]
    wanted = [one for one in addresses if (ip_address(one).is_loopback if loopback else is_public(ip_address(one)))]
    if not wanted:
        raise Trouble(Why.ADDRESS)
    return wanted[0]


class _Pinned(imaplib.IMAP4_SSL):
    """Connects to the address that was looked at, and asks the certificate for the name."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._address = address
        super().__init__(host, port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self._address, self.port), timeout)
        try:
            return self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise

    def read(self, size: int) -> bytes:
        """A server may announce any size: no more is kept in memory than a mail may have."""
        if size > LARGEST:
            raise self.abort("too large")
        return super().read(size)


def _log_in(client: imaplib.IMAP4, server: Server) -> None:
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _said: f"\0{server.user}\0{server.password}".encode())
        else:
            client.login(server.user, server.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError):
        raise Trouble(Why.LOGIN) from None


def _open(client: imaplib.IMAP4, folder: str) -> Folder:
    said, _count = client.select(f'"{folder}"', readonly=True)
    if said != "OK":
        raise Trouble(Why.FOLDER)
    numbers = [client.response(name)[1][0] for name in ("UIDVALIDITY", "UIDNEXT")]
    if not all(isinstance(one, bytes) and one.isdigit() for one in numbers):
        raise Trouble(Why.UNREACHABLE)  # a server that does not number its mails
    validity, next_uid = (int(one) for one in numbers if one is not None)
    return Folder(client, validity, next_uid)


def _cut(client: imaplib.IMAP4 | None) -> None:
    if client is not None:
        with suppress(OSError):
            client.sock.shutdown(socket.SHUT_RDWR)
