"""waitress with bounds that it has not by itself: how long a request may take to arrive, how many one address holds.

waitress counts idleness alone, anew with each byte: a hundred half requests would keep everybody else out.
"""

import time
from dataclasses import dataclass
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from portal.web.limits import network_of

MEGABYTE = 1024 * 1024
PLAIN = (  # what every answer carries (portal.web.edge), on those that never reach the application
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex, nofollow, noarchive"),
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one request, and of all that one address (an IPv6 caller's /64) holds open."""

    body: int = 33 * MEGABYTE  # bytes; the application's own bound is just below and answers with a page
    header: int = 64 * 1024  # bytes
    header_seconds: float = 15
    body_seconds: float = 30  # and then as long as `slowest` bytes a second have come on the whole
    slowest: int = 16 * 1024
    idle_seconds: int = 30
    connections: int = 1000
    per_address: int | None = 64  # None: one trusted proxy holds them all, and counts itself


BOUNDS = Bounds()


class PlainError(ErrorTask):
    """waitress's own refusals (400, 413, 431) with our headers."""

    def execute(self) -> None:
        self.response_headers.extend(PLAIN)
        super().execute()


class BoundedChannel(HTTPChannel):
    """One connection; gives up on a request that does not arrive."""

    error_task_class = PlainError
    bounds = BOUNDS
    begun: float | None = None  # when the first byte of the request that is arriving came
    taken = 0  # bytes of it so far

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002 - waitress calls it so
        self.network = network_of(str(addr[0]))
        others = [
            one for one in server.active_channels.values() if one.network == self.network and not one.will_close
        ]
        super().__init__(server, sock, addr, adj, map=map)
        if self.bounds.per_address is not None and len(others) >= self.bounds.per_address:
            waiting = [one for one in others if not one.requests and not one.total_outbufs_len]
            # The oldest that asks for nothing makes room: a neighbour behind the same address still gets in.
            min(waiting, key=lambda one: one.creation_time, default=self).will_close = True

    def received(self, data: bytes) -> bool:
        if self.begun is None:
            self.begun, self.taken = time.monotonic(), 0
        self.taken += len(data)
        done: bool = super().received(data)
        if self.request is None:
            self.begun = None
        return done

    def readable(self) -> bool:
        """Asked at every turn of the loop, at least once a second: the place to look at the clock."""
        if self.begun is not None and time.monotonic() - self.begun > self._allowed():
            self.will_close = True
        return bool(super().readable())

    def _allowed(self) -> float:
        if self.request is not None and self.request.headers_finished:
            return self.bounds.body_seconds + self.taken / self.bounds.slowest
        return self.bounds.header_seconds


def bounded_server(app: Any, *, bounds: Bounds = BOUNDS, **kept: Any) -> Any:
    """A waitress server within `bounds`; `kept` are waitress's other adjustments (host, port, threads, …)."""
    channel = type("Channel", (BoundedChannel,), {"bounds": bounds})
    listening: dict[int, Any] = {}
    server = create_server(
        app,
        map=listening,
        ident=None,
        max_request_body_size=bounds.body,
        max_request_header_size=bounds.header,
        channel_timeout=bounds.idle_seconds,
        cleanup_interval=max(1, bounds.idle_seconds // 3),
        connection_limit=bounds.connections,
        asyncore_use_poll=True,  # select() knows no more than 1024 files
        **kept,
    )
    for one in list(listening.values()):
        if isinstance(one, BaseWSGIServer):
            one.channel_class = channel
    return server
