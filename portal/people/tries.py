"""How often a password or a code may be tried: per network, and per account wherever the tries come from (A-66)."""

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from werkzeug.exceptions import TooManyRequests

from portal.core import installation, signing
from portal.web import limits

ACCOUNT = RateLimitItemPerMinute(30, 10)
# Three codes of a million fit at any time: at ten wrong ones an hour a thief of the password tries for years.
CODES = RateLimitItemPerHour(10, 1)
_WAIT_SECONDS = 600


def check(email: str) -> None:
    """Refuses with 429 when too many tries have been wrong; alike for an address that nobody has."""
    limits.check(limits.LOGINS, "login")
    _check(ACCOUNT, "login", email)


def count(email: str) -> None:
    """Counts one wrong try."""
    limits.count(limits.LOGINS, "login")
    _count(ACCOUNT, "login", email)


def check_code(email: str) -> None:
    """Refuses with 429 when this account's codes have been guessed at too often."""
    limits.check(limits.LOGINS, "login")
    _check(CODES, "code", email)


def count_code(email: str) -> None:
    """Counts one wrong code."""
    limits.count(limits.LOGINS, "login")
    _count(CODES, "code", email)


def _check(item: RateLimitItem, what: str, email: str) -> None:
    if not limits.limiter().test(item, what, _name(email)):
        raise TooManyRequests(retry_after=_WAIT_SECONDS)


def _count(item: RateLimitItem, what: str, email: str) -> None:
    limits.limiter().hit(item, what, _name(email))


def mark(email: str) -> str:
    """An address as a log may know it: the same one the same mark, whoever's it is."""
    return _name(email)[:16]


def _name(email: str) -> str:
    # The limiter's store may be a server of its own: it learns no address.
    return signing.keyed_hash(installation.keys(), "login", email)
