"""HTTP to addresses that somebody typed in: https, resolved once and pinned, nothing inside a network (D-22).

Never call `post` inside a transaction: it may take as long as its timeout.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

import requests
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from portal.core import clock
from portal.core.addresses import check_url, is_allowed_loopback, is_public

MAX_RESPONSE = 64 * 1024  # bytes of the answer's body; what comes after is not read
MAX_HEADER = 1_000
USER_AGENT = "debtor-portal"


class Failure(StrEnum):
    """Why there is no answer. BLOCKED means that not one byte was sent."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    BLOCKED = "blocked"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: an answer (`status` set) or a failure (`error` set), never both.

    `headers` have lower-case names; `retry_after` is in seconds from now; `body` is the answer's beginning.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | None = None
    elapsed_ms: int = 0
    error: Failure | None = None
    body: bytes = b""

    @property
    def accepted(self) -> bool:
        """Only 2xx is a success; a redirect is not followed and counts as a failure (rule D-21)."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    timeout: float = 20.0,
    allowed_loopback: frozenset[str] = frozenset(),
    *,
    method: str = "POST",
) -> Outcome:
    """Sends once and waits at most `timeout` seconds for all of it, name look-up and slow drips included.

    Follows no redirect, uses no proxy or password of the environment, raises for nothing the network does.
    """
    if check_url(url, allowed_loopback):
        return Outcome(error=Failure.BLOCKED)
    exchange = _Exchange(timeout, loopback=is_allowed_loopback(url, allowed_loopback), method=method)
    thread = threading.Thread(target=exchange.run, args=(url, body, headers), name="outgoing", daemon=True)
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        exchange.abandon()
        thread.join(1)  # its socket is dead, so it ends; only a hanging name server could keep it
    return exchange.outcome or Outcome(error=Failure.TIMEOUT, elapsed_ms=exchange.elapsed_ms())


def _seconds_to_wait(value: str | None) -> int | None:
    """A Retry-After header, in seconds or as a date; None when absent or senseless."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return int(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, round((at - clock.now()).total_seconds()))


class _Exchange:
    """One request in a thread of its own, whose sockets can be cut from outside when the time is over."""

    def __init__(self, timeout: float, *, loopback: bool, method: str) -> None:
        self.outcome: Outcome | None = None
        self._method = method
        self._timeout = timeout
        self._loopback = loopback
        self._begun = time.monotonic()
        self._sockets: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._begun) * 1000)

    def run(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        try:
            self._send(url, body, headers)
        except requests.Timeout:
            self._fail(Failure.TIMEOUT)
        except InvalidIPAddress:
            self._fail(Failure.BLOCKED)
        except requests.exceptions.SSLError:
            self._fail(Failure.TLS)
        except (requests.RequestException, HTTPError, OSError, ValueError):
            self._fail(Failure.CONNECTION)
        finally:
            self._close()

    def watch(self, connected: socket.socket) -> None:
        """Keeps a second handle to a fresh connection; cutting it cuts the first, TLS around it or not."""
        with self._lock:
            handle = connected.dup()
            self._sockets.append(handle)
            if self._over:
                _cut(handle)

    def abandon(self) -> None:
        with self._lock:
            self._over = True
            for handle in self._sockets:
                _cut(handle)

    def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        config = Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(self._timeout, self._timeout),
        )
        with HTTPSession(config) as session:
            session.trust_env = False  # a proxy would resolve the name again, and .netrc would add a password
            session.headers.clear()
            for scheme in ("https", "http"):
                session.mount(f"{scheme}://", _PinnedAdapter(scheme, self._loopback, self.watch))
            sent = {"User-Agent": USER_AGENT, **headers}
            with session.request(self._method, url, data=body, headers=sent, stream=True) as response:
                received = {name.lower(): value[:MAX_HEADER] for name, value in response.headers.items()}
                answer = Outcome(
                    status=response.status_code,
                    headers=received,
                    retry_after=_seconds_to_wait(received.get("retry-after")),
                    elapsed_ms=self.elapsed_ms(),
                )
                self._settle(answer)
                # Not decoded: a small compressed answer may unfold to any size.
                beginning = response.raw.read(MAX_RESPONSE, decode_content=False)
                self._settle(replace(answer, body=beginning, elapsed_ms=self.elapsed_ms()))

    def _fail(self, failure: Failure) -> None:
        # Once a status has come it is the answer, even if the body behind it breaks off.
        if self.outcome is None:
            self._settle(Outcome(error=failure, elapsed_ms=self.elapsed_ms()))

    def _settle(self, outcome: Outcome) -> None:
        # What a cut connection seems to say is no answer: http.client takes the end of it for the end of headers.
        with self._lock:
            if not self._over:
                self.outcome = outcome

    def _close(self) -> None:
        with self._lock:
            for handle in self._sockets:
                handle.close()
            self._sockets.clear()


def _cut(connected: socket.socket) -> None:
    with suppress(OSError):  # the other side may have been faster
        connected.shutdown(socket.SHUT_RDWR)


class _PinnedAdapter(IPFilterAdapter):
    """requests-hardened's adapter, which resolves once and connects to that address, with a stricter list."""

    def __init__(self, scheme: str, loopback: bool, watch: Callable[[socket.socket], None]) -> None:
        self._loopback = loopback
        self._watch = watch
        super().__init__(is_https_proto=scheme == "https", allow_loopback=loopback)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ip_address(host["host"].strip("[]"))
        if not (address.is_loopback if self._loopback else is_public(address)):
            raise InvalidIPAddress(address)
        return host, pool

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._watch)
        return pool


def _watched(connection: type[Any], watch: Callable[[socket.socket], None]) -> type[Any]:
    """The same kind of connection, which shows its socket as soon as it has one, before any TLS."""

    class Watched(connection):
        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()
            watch(connected)
            return connected

    return Watched
