"""Where caught mails are kept: in memory, and as .eml files when a folder is given; old ones make room."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from portal.core import clock
from portal.core.ids import new_id, spell
from portal.doubles.mailbox.mails import Mail

# Written before the mail's own bytes, so that a file tells its envelope and still opens in any mail program.
_ENVELOPE = ("X-Caught-At", "X-Envelope-From", "X-Envelope-To")


class MailStore:
    """Mails in the order in which they came; safe to use from several threads."""

    def __init__(self, folder: Path | None = None, keep: int = 1000) -> None:
        self._folder = folder
        self._keep = keep
        self._mails: list[Mail] = []
        self._changed = threading.Condition()
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._mails = [_read(path) for path in sorted(folder.glob("*.eml"))][-keep:]

    def add(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> Mail:
        """Keeps a mail, drops the oldest beyond the limit and wakes whoever waits."""
        with self._changed:
            mail = Mail(spell(new_id()), clock.now(), sender, recipients, raw)
            self._mails.append(mail)
            if self._folder is not None:
                (self._folder / f"{mail.id}.eml").write_bytes(_written(mail))
            dropped, self._mails = self._mails[: -self._keep], self._mails[-self._keep :]
            self._forget(dropped)
            self._changed.notify_all()
            return mail

    def all(self) -> list[Mail]:
        with self._changed:
            return list(self._mails)

    def one(self, mail_id: str) -> Mail | None:
        return next((mail for mail in self.all() if mail.id == mail_id), None)

    def clear(self) -> None:
        """Throws every mail away, the files too."""
        with self._changed:
            dropped, self._mails = self._mails, []
            self._forget(dropped)

    def wait_for(self, wanted: Callable[[Mail], bool], count: int, timeout: float) -> list[Mail] | None:
        """The `wanted` mails as soon as there are `count`; None when `timeout` seconds passed before."""

        def found() -> list[Mail]:
            return [mail for mail in self._mails if wanted(mail)]

        with self._changed:
            enough = self._changed.wait_for(lambda: len(found()) >= count, timeout)
            return found() if enough else None

    def _forget(self, dropped: list[Mail]) -> None:
        if self._folder is not None:
            for mail in dropped:
                (self._folder / f"{mail.id}.eml").unlink(missing_ok=True)


def _written(mail: Mail) -> bytes:
    values = (mail.received_at.isoformat(), mail.sender, ", ".join(mail.recipients))
    lines = (f"{name}: {value}\r\n" for name, value in zip(_ENVELOPE, values, strict=True))
    return "".join(lines).encode(errors="surrogateescape") + mail.raw


def _read(path: Path) -> Mail:
    *envelope, raw = path.read_bytes().split(b"\r\n", len(_ENVELOPE))
    caught_at, sender, recipients = (line.decode(errors="surrogateescape").split(": ", 1)[1] for line in envelope)
    return Mail(path.stem, datetime.fromisoformat(caught_at), sender, tuple(recipients.split(", ")), raw)
