"""How often a stranger may try: counted by the `limits` library, in memory or in Redis (PORTAL_LIMITS_URL)."""

import ipaddress
import time

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

BAD_TOKENS = RateLimitItemPerMinute(20, 10)  # rule A-12
TYPED_CODES = RateLimitItemPerDay(30)  # of 60 bits: thirty wrong ones a day are a person's, not a search
HAND_OVERS = RateLimitItemPerDay(20)
WRONG_FACTS = RateLimitItemPerDay(50)  # rule A-41
NEW_LINKS = RateLimitItemPerMinute(10, 10)
LOGINS = RateLimitItemPerMinute(10, 10)


def install(app: Flask, url: str) -> None:
    app.extensions["portal.limits"] = MovingWindowRateLimiter(storage_from_string(url))


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


def _limiter() -> MovingWindowRateLimiter:
    found: MovingWindowRateLimiter = current_app.extensions["portal.limits"]
    return found


def check(item: RateLimitItem, *names: str) -> None:
    """Refuses with 429 when this caller has used up `item`; counts nothing."""
    keys = (*names, client_network())
    if not _limiter().test(item, *keys):
        reset, _left = _limiter().get_window_stats(item, *keys)
        raise TooManyRequests(retry_after=max(1, int(reset - time.time())))


def count(item: RateLimitItem, *names: str) -> None:
    """Counts one against this caller."""
    _limiter().hit(item, *names, client_network())
