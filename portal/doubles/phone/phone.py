"""The gateway and the phone as one thing to start, ask and stop."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.core import clock
from portal.core.ids import new_id, spell
from portal.doubles.phone.pages import make_app
from portal.doubles.phone.receipts import Receipts
from portal.doubles.phone.texts import Text
from portal.doubles.serving import LoopbackServer

SEND_PATH = "/send"
TOKEN = "phone-double-token"


@dataclass
class Faults:
    """What may go wrong, for the next text only: an answer's status, or none at all (the line is cut)."""

    next_status: int | None = None
    keep: bool = False  # the text arrives all the same


class Phone:
    """An HTTP gateway that shows every text it is sent. The port left at 0 is a free one.

    `path` keeps the texts over a restart, one JSON line each. The same id twice is kept once, as a gateway does that
    looks at it.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        port: int = 0,
        token: str = TOKEN,
        keep: int = 500,
        receipts: Receipts | None = None,
    ) -> None:
        self.receipts = receipts
        self.token, self.faults = token, Faults()
        self._path, self._keep = path, keep
        self._texts: list[Text] = []
        self._changed = threading.Condition()
        if path is not None and path.exists():
            self._texts = [_read(line) for line in path.read_text(encoding="utf-8").splitlines()][-keep:]
        self._server = LoopbackServer(make_app(self), port)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """Where the phone's page is."""
        return self._server.url

    @property
    def send_url(self) -> str:
        """Where texts are posted to: PORTAL_SMS_URL."""
        return f"{self._server.url}{SEND_PATH}"

    @property
    def texts(self) -> list[Text]:
        """All texts, oldest first."""
        with self._changed:
            return list(self._texts)

    def take(self, to: str, sender: str, body: str, message_id: str) -> Text:
        """Keeps a text, once for each id; wakes whoever waits."""
        with self._changed:
            for known in self._texts:
                if message_id and known.message_id == message_id:
                    return known
            text = Text(spell(new_id()), clock.now(), to, sender, body, message_id)
            self._texts = [*self._texts, text][-self._keep :]
            self._write()
            self._changed.notify_all()
        if self.receipts is not None and message_id:
            self.receipts.send(message_id)
        return text

    def wait_for(self, to: str = "", *, count: int = 1, timeout: float = 10.0) -> list[Text]:
        """Texts to exactly `to` once there are `count`; raises TimeoutError after `timeout` seconds."""
        wanted: Callable[[], list[Text]] = lambda: [text for text in self._texts if not to or text.to == to]  # noqa: E731
        with self._changed:
            if not self._changed.wait_for(lambda: len(wanted()) >= count, timeout):
                raise TimeoutError(f"no {count} texts to {to!r} in {timeout} s; there are {len(self._texts)} in all")
            return wanted()

    def clear(self) -> None:
        with self._changed:
            self._texts = []
            self._write()

    def _write(self) -> None:
        if self._path is not None:
            lines = (json.dumps(asdict(t) | {"received_at": t.received_at.isoformat()}) for t in self._texts)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _read(line: str) -> Text:
    kept = json.loads(line)
    return Text(**{**kept, "received_at": datetime.fromisoformat(kept["received_at"])})
