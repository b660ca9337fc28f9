"""The ERP receiver as one thing to start, ask and stop."""

from pathlib import Path
from types import TracebackType
from typing import Self

from portal.doubles.erp.answers import Answers
from portal.doubles.erp.deliveries import Deliveries, ReceivedEvent, Refusal
from portal.doubles.erp.pages import HOOK_PATH, make_app
from portal.doubles.erp.signatures import Secrets
from portal.doubles.serving import LoopbackServer


class ErpReceiver:
    """Takes in webhooks that `secrets` prove and shows them. A port left at 0 is a free one.

    `secrets` is a `whsec_…` string, several of them, or a function that gives them at each delivery. `path`
    keeps the events over a restart, one line of JSON each. Wrong answers are prescribed with `answers`.
    """

    def __init__(self, secrets: Secrets, *, path: Path | None = None, port: int = 0) -> None:
        self.answers = Answers()
        self._deliveries = Deliveries(path)
        self._server = LoopbackServer(make_app(self._deliveries, self.answers, secrets), port)

    def start(self) -> Self:
        """Answers when this returns; calling it again does nothing."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Answers nobody any more; what came is still known. Calling it again does nothing."""
        self.answers.release()
        self._server.stop()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._server.url

    @property
    def hook_url(self) -> str:
        """Where webhooks are to be sent."""
        return self.url + HOOK_PATH

    @property
    def events(self) -> list[ReceivedEvent]:
        """Verified events, each once, oldest first."""
        return self._deliveries.events()

    @property
    def refusals(self) -> list[Refusal]:
        """Deliveries that were not believed, oldest first."""
        return self._deliveries.refusals()

    def wait_for(self, event_type: str = "", *, count: int = 1, timeout: float = 10.0) -> list[ReceivedEvent]:
        """Events of `event_type` (any when empty), once there are `count`; oldest first.

        Raises TimeoutError, saying what there was instead, after `timeout` seconds.
        """
        found = self._deliveries.wait_for(lambda event: not event_type or event.type == event_type, count, timeout)
        if found is None:
            there = [event.type for event in self.events]
            refused = [refusal.reason for refusal in self.refusals]
            raise TimeoutError(
                f"no {count} events {event_type!r} in {timeout} s; there are {there}, refused {refused}"
            )
        return found

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
