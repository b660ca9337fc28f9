"""How often a stranger may try: counted by the `limits` library, in memory or in Redis (PORTAL_LIMITS_URL)."""

import ipaddress
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from portal.core import installation, signing

log = logging.getLogger(__name__)
T = TypeVar("T")

BAD_TOKENS = RateLimitItemPerMinute(20, 10)  # rule A-12
WIDE_BAD_TOKENS = RateLimitItemPerMinute(200, 10)  # rule A-12: beyond it somebody is told
ALERTS = RateLimitItemPerMinute(1, 10)
TYPED_CODES = RateLimitItemPerDay(30)  # of 60 bits: thirty wrong ones a day are a person's, not a search
HAND_OVERS = RateLimitItemPerDay(20)
WRONG_FACTS = RateLimitItemPerDay(50)  # rule A-41
NEW_LINKS = RateLimitItemPerMinute(10, 10)
NOT_MINE = RateLimitItemPerDay(20)
LOGINS = RateLimitItemPerMinute(10, 10)
API_CALLS = RateLimitItemPerMinute(600)  # of one key: ten a second, each of up to a thousand rows


ALONE_SECONDS = 15  # how long Redis is left in peace once it did not answer


class Limiter:
    """Counts where PORTAL_LIMITS_URL says. While that does not answer, this process counts alone and says so: a guess
    more than the limit allows is worth less than every link answering 500."""

    def __init__(self, url: str) -> None:
        patience = {} if url.startswith("memory") else {"socket_connect_timeout": 1, "socket_timeout": 1}
        self._shared = MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True, **patience))
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._alone_until = 0.0

    @property
    def counts_alone(self) -> bool:
        return time.monotonic() < self._alone_until

    def test(self, item: RateLimitItem, *names: str) -> bool:
        """Whether one more of `item` is allowed; counts nothing."""
        return self._ask(lambda limits: limits.test(item, *names))

    def hit(self, item: RateLimitItem, *names: str) -> bool:
        """Counts one; whether it was allowed."""
        return self._ask(lambda limits: limits.hit(item, *names))

    def again_at(self, item: RateLimitItem, *names: str) -> float:
        """When one more is allowed, in seconds since 1970."""
        return self._ask(lambda limits: limits.get_window_stats(item, *names)).reset_time

    def left(self, item: RateLimitItem, *names: str) -> tuple[int, float]:
        """How many more of `item` are allowed, and when all of them are again (seconds since 1970)."""
        found = self._ask(lambda limits: limits.get_window_stats(item, *names))
        return found.remaining, found.reset_time

    def forget(self) -> None:
        """Forgets every count."""
        self._ask(lambda limits: limits.storage.reset())

    def _ask(self, question: Callable[[MovingWindowRateLimiter], T]) -> T:
        if not self.counts_alone:
            try:
                return question(self._shared)
            except StorageError as error:
                self._alone_until = time.monotonic() + ALONE_SECONDS
                why = type(error.storage_error).__name__
                log.error("the shared limits do not answer: this process counts alone", extra={"error": why})  # noqa: TRY400
        return question(self._own)


def install(app: Flask, url: str) -> None:
    app.extensions["portal.limits"] = Limiter(url)


def client_network() -> str:
    """The caller's address as the trusted proxy gives it; an IPv6 caller is its /64."""
    return network_of(request.remote_addr or "")


def network_of(written: str) -> str:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return "unknown"
    if address.version == 6:
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return str(address)


def network_mark() -> str:
    """The caller's network as logs may know it: the same network the same mark, and no address."""
    return signing.keyed_hash(installation.keys(), "network", client_network())[:16]


def count_bad_token(*names: str) -> None:
    """Counts a link that does not exist, and says loudly when one wide network has tried many (rule A-12).

    Which provider a network belongs to is not known here: an IPv4 /16 and an IPv6 /32 stand for it.
    """
    count(BAD_TOKENS, *names)
    wide = _wide_network()
    if not limiter().hit(WIDE_BAD_TOKENS, "wide", wide) and limiter().hit(ALERTS, "alert", wide):
        mark = signing.keyed_hash(installation.keys(), "network", wide)[:16]
        log.error("many links that do not exist were tried from one network", extra={"wide_network": mark})


def _wide_network() -> str:
    written = client_network()
    if written == "unknown":
        return written
    bits = 32 if ":" in written else 16
    return str(ipaddress.ip_network(f"{written}/{bits}", strict=False))


def limiter() -> Limiter:
    found: Limiter = current_app.extensions["portal.limits"]
    return found


def check(item: RateLimitItem, *names: str) -> None:
    """Refuses with 429 when this caller has used up `item`; counts nothing."""
    keys = (*names, client_network())
    if not limiter().test(item, *keys):
        raise TooManyRequests(retry_after=max(1, int(limiter().again_at(item, *keys) - time.time())))


def count(item: RateLimitItem, *names: str) -> None:
    """Counts one against this caller."""
    limiter().hit(item, *names, client_network())


def count_alone() -> bool:
    """Whether this process counts by itself at this moment, because the shared limits do not answer."""
    return limiter().counts_alone


def count_call(who: str) -> None:
    """Counts one call of a system; beyond API_CALLS it is refused with 429, whatever network it comes from."""
    if not limiter().hit(API_CALLS, "api-calls", who):
        raise TooManyRequests(retry_after=_seconds_until(limiter().again_at(API_CALLS, "api-calls", who)))


def call_headers(who: str) -> dict[str, str]:
    """How many calls there are, how many are left and until when (draft-ietf-httpapi-ratelimit-headers)."""
    remaining, again = limiter().left(API_CALLS, "api-calls", who)
    policy = f'"key";q={API_CALLS.amount};w={API_CALLS.get_expiry()}'
    return {"RateLimit-Policy": policy, "RateLimit": f'"key";r={remaining};t={_seconds_until(again)}'}


def _seconds_until(moment: float) -> int:
    return max(1, int(moment - time.time()))
