"""How often a password may be tried: per network, and per account wherever the tries come from (rule A-66)."""

from flask import current_app
from limits import RateLimitItemPerMinute
from werkzeug.exceptions import TooManyRequests

from portal.core import installation, signing
from portal.web import limits

ACCOUNT = RateLimitItemPerMinute(30, 10)
_WAIT_SECONDS = 600


def check(email: str) -> None:
    """Refuses with 429 when too many tries have been wrong; alike for an address that nobody has."""
    limits.check(limits.LOGINS, "login")
    if not current_app.extensions["portal.limits"].test(ACCOUNT, *_names(email)):
        raise TooManyRequests(retry_after=_WAIT_SECONDS)


def count(email: str) -> None:
    """Counts one wrong try."""
    limits.count(limits.LOGINS, "login")
    current_app.extensions["portal.limits"].hit(ACCOUNT, *_names(email))


def _names(email: str) -> tuple[str, str]:
    # The limiter's store may be a server of its own: it learns no address.
    return "login", signing.keyed_hash(installation.keys(), "login", email)
