"""A virus scanner beside the portal: ClamAV's INSTREAM over its socket, where PORTAL_CLAMAV names one.

`unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`. The network's place: outside any transaction.
"""

import contextlib
import logging
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from portal.core import db, installation
from portal.core.text import t
from portal.documents.evidence import NotTaken

TIMEOUT_SECONDS = 20.0
_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096
INFECTED = t("A file looks dangerous, so we have not kept it. Please send another, or take a photo.")
NO_ANSWER = t("We cannot check files just now. Please send what you wrote without them, and add them later.")

log = logging.getLogger("portal.documents")


def is_on() -> bool:
    return bool(installation.settings().clamav)


def scan(files: Sequence[bytes]) -> None:
    """Has each file looked at. Raises NotTaken when one is infected, or when nobody answers."""
    if not is_on() or not files:
        return
    with db.outside_transaction():
        answers = [_ask(content) for content in files]
    for answer in answers:
        if answer.endswith(" FOUND"):
            log.warning("a file was refused by the virus scanner")
            raise NotTaken(INFECTED)
        if answer != "stream: OK":
            log.error("the virus scanner does not answer")
            raise NotTaken(NO_ANSWER)


def _ask(content: bytes) -> str:
    """What ClamAV says of it, as `stream: OK`; nothing where it says nothing."""
    with contextlib.suppress(OSError), _connected() as scanner:
        scanner.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _CHUNK):
            part = content[start : start + _CHUNK]
            scanner.sendall(len(part).to_bytes(4, "big") + part)
        scanner.sendall((0).to_bytes(4, "big"))
        said = b""
        while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
            part = scanner.recv(_LONGEST_ANSWER)
            if not part:
                break
            said += part
        return said.rstrip(b"\0\n").decode("utf-8", "replace")
    return ""


def _connected() -> socket.socket:
    where = urlsplit(installation.settings().clamav)
    if where.scheme == "unix":
        found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        found.settimeout(TIMEOUT_SECONDS)
        try:
            found.connect(where.path)
        except OSError:
            found.close()
            raise
        return found
    host, _, port = where.path.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS)
