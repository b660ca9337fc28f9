"""The mailbox as one thing to start, ask and stop."""

from pathlib import Path
from types import TracebackType
from typing import Self

from portal.doubles.mailbox.faults import Faults
from portal.doubles.mailbox.mails import Mail
from portal.doubles.mailbox.pages import make_app
from portal.doubles.mailbox.smtp import SmtpServer
from portal.doubles.mailbox.store import MailStore
from portal.doubles.serving import HOST, LoopbackServer

LARGEST_MAIL = 10_000_000


class Mailbox:
    """A real SMTP server that keeps what it is sent, with a page. Ports left at 0 are free ones.

    `folder` keeps the mails as .eml files over a restart; `keep` is how many at most, `largest` the limit of
    one mail in bytes. What may go wrong is switched on with `faults`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        smtp_port: int = 0,
        http_port: int = 0,
        keep: int = 1000,
        largest: int = LARGEST_MAIL,
    ) -> None:
        self.faults = Faults()
        self.smtp_host = HOST
        self._store = MailStore(folder, keep)
        self._smtp = SmtpServer(self._store, self.faults, smtp_port, largest)
        self._pages = LoopbackServer(make_app(self._store), http_port)

    def start(self) -> Self:
        """Both servers answer when this returns; calling it again does nothing."""
        self._smtp.start()
        self._pages.start()
        return self

    def stop(self) -> None:
        """Both servers are gone and their ports free; the mails stay. Calling it again does nothing."""
        self._smtp.stop()
        self._pages.stop()

    @property
    def smtp_port(self) -> int:
        return self._smtp.port

    @property
    def url(self) -> str:
        """Where the page is, for example `http://127.0.0.1:40123`."""
        return self._pages.url

    @property
    def messages(self) -> list[Mail]:
        """All mails, oldest first."""
        return self._store.all()

    def clear(self) -> None:
        """Throws all mails away."""
        self._store.clear()

    def wait_for(self, to: str = "", subject: str = "", *, count: int = 1, timeout: float = 10.0) -> list[Mail]:
        """Mails to exactly `to` with `subject` in their subject, once there are `count`; oldest first.

        Raises TimeoutError, saying what there was instead, after `timeout` seconds.
        """
        found = self._store.wait_for(lambda mail: mail.matches(to, subject), count, timeout)
        if found is None:
            there = [(mail.recipients, mail.subject) for mail in self.messages]
            raise TimeoutError(f"no {count} mails to {to!r} about {subject!r} in {timeout} s; there are {there}")
        return found

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
